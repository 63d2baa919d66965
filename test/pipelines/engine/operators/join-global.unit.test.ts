import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  joinGlobal,
  route,
  topology,
  tumbling,
  foldWindow,
  write,
} from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import { artistTotal } from '../../../../pipelines/steps/artist-total.ts'
import { latePlay } from '../../../../pipelines/steps/late-play.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'
import {
  type Event,
  PARTITIONS,
  eventsFor,
  happen,
  line,
  noted,
  seenAt,
  sendings,
  tableTopics,
  written,
} from './table-topics.ts'

const { asks, countries, results } = tableTopics

/** Which key of the global table an ask is about. */
const wanted = (text: string | null) => (text === 'x' ? 'a' : 'b')

const joinedAs = (kind: 'inner' | 'left') =>
  topology(kind, ({ read, readGlobalTable }) =>
    read(asks, noted).pipe(
      joinGlobal(readGlobalTable(countries), {
        kind,
        key: ({ text }) => wanted(text),
        join: (ask, country) => `${ask.text}${country?.text ?? '∅'}`,
      }),
      seenAt(),
      write(results),
    ),
  )

/** Looks through all that came before, in whatever partition. */
function expected(kind: 'inner' | 'left', events: Event<'asks' | 'countries'>[]): string[] {
  const all = sendings(events)
  return all.flatMap(({ to, key, text, at: time }, index) => {
    if (to !== 'asks') return []
    const about = all.slice(0, index).findLast((each) => each.to === 'countries' && each.key === wanted(text))
    if (kind === 'inner' && typeof about?.text !== 'string') return []
    return line(key, { text: `${text}${about?.text ?? '∅'}`, at: time })
  })
}

for (const kind of ['inner', 'left'] as const)
  test(`${kind}: a row of any partition meets what the whole topic amounts to at that moment`, async () => {
    await fc.assert(
      fc.asyncProperty(eventsFor(['asks', 'countries'], { tombstones: ['countries'] }), async (events) => {
        const kafka = drive(joinedAs(kind), { partitions: PARTITIONS })
        await happen(kafka, { asks, countries }, events)
        assert.deepEqual(written(kafka, results), expected(kind, events))
      }),
      { numRuns: 1_000 },
    )
  })

test('a record that cannot be read is passed over: the table keeps what it has, and there is no dead letter', async () => {
  const kafka = drive(joinedAs('left'))
  await kafka.send(countries, { text: 'Norway', at: 0 }, { key: 'a' })
  await kafka.sendBytes(countries, Buffer.from('garbage'), { key: 'a' })
  await kafka.send(asks, { text: 'x', at: 0 }, { key: 'k' })
  assert.deepEqual(written(kafka, results), ['k = xNorway at 0'])
  assert.deepEqual(kafka.written(topics.deadLetters), [])
})

test('a topology may write what it reads as a global table', async () => {
  const kafka = drive(
    topology('both', ({ read, readGlobalTable }) => {
      read(asks).pipe(write(countries))
      return read(asks).pipe(
        joinGlobal(readGlobalTable(countries), {
          kind: 'left',
          key: () => 'k',
          join: (_, found) => found ?? { text: 'nothing', at: 0 },
        }),
        write(results),
      )
    }),
    { partitions: 2 },
  )
  for (const partition of [0, 1]) await kafka.send(asks, { text: 'x', at: 0 }, { key: 'k', partition })
  assert.deepEqual(written(kafka, results), ['k = nothing at 0', 'k = x at 0'])
})

test('a global table advances no stream time: its rows close no window', async () => {
  const kafka = drive(
    topology('timeless', ({ read, readGlobalTable }) =>
      read(topics.playsClean, { time: ({ playedAt }) => playedAt }).pipe(
        joinGlobal(readGlobalTable(countries), { kind: 'left', key: () => 'k', join: (value) => value }),
        foldWindow({ windows: tumbling(1_000, { grace: 0 }), fold: artistTotal, late: latePlay }),
        route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
      ),
    ),
  )
  await kafka.send(topics.playsClean, play({ playedAt: '12:00:00' }))
  await kafka.send(countries, { text: 'x', at: at('13:00:00') }, { key: 'k', timestamp: at('13:00:00') })
  assert.deepEqual(kafka.written(topics.artistTotals), [])
})
