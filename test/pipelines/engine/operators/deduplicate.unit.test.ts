import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deduplicate, route, topology } from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import type { Topic } from '../../../../schemas/topic.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'

const REMEMBER_MS = 1_000

const deduplicated = topology('deduplicated', ({ read }) =>
  read(topics.playsClean).pipe(
    deduplicate({ id: (value) => value.eventId, rememberMs: REMEMBER_MS }),
    route({ first: topics.playsByArtist, duplicate: topics.duplicatePlays }),
  ),
)

interface Sending {
  id: string
  timestamp: number
  /** The process is killed before it. */
  crash: boolean
}

async function run(sendings: Sending[]) {
  const kafka = drive(deduplicated)
  for (const { id, timestamp, crash } of sendings) {
    if (crash) kafka.crash()
    await kafka.send(topics.playsClean, play({ eventId: id }), { timestamp, key: String(timestamp) })
  }
  const written = (topic: Topic<CleanPlay>) =>
    kafka.written(topic).map(({ key, value }) => `${value.eventId}@${key}`)
  return { first: written(topics.playsByArtist), duplicate: written(topics.duplicatePlays) }
}

test('a repetition is told from the first for exactly as long as ids are remembered', async () => {
  const start = at('12:00:00')
  const sendings = [0, 1, REMEMBER_MS, REMEMBER_MS + 1].map((ms) => ({
    id: 'a',
    timestamp: start + ms,
    crash: false,
  }))
  const { first, duplicate } = await run(sendings)
  assert.deepEqual(first, [`a@${start}`, `a@${start + REMEMBER_MS + 1}`])
  assert.deepEqual(duplicate, [`a@${start + 1}`, `a@${start + REMEMBER_MS}`])
})

test('a record without a time does not stop the task', async () => {
  const { first, duplicate } = await run([-1, -1].map((timestamp) => ({ id: 'a', timestamp, crash: false })))
  assert.deepEqual([first, duplicate], [['a@-1'], ['a@-1']])
})

test('with ids, times and crashes as they come it does what a list of everything does', async () => {
  const sendings = fc
    .array(
      fc.record({
        id: fc.constantFrom('a', 'b', 'c', 'd'),
        later: fc.integer({ min: 0, max: REMEMBER_MS }),
        crash: fc.boolean(),
      }),
      { maxLength: 40 },
    )
    .map((steps) => {
      let timestamp = at('12:00:00')
      return steps.map(({ id, later, crash }): Sending => ({ id, timestamp: (timestamp += later), crash }))
    })

  await fc.assert(
    fc.asyncProperty(sendings, async (all) => {
      assert.deepEqual(await run(all), expected(all))
    }),
    { numRuns: 300 },
  )
})

/** Looks through all that came before, every time. */
function expected(all: Sending[]) {
  const first: Sending[] = []
  const duplicate: Sending[] = []
  for (const sending of all) {
    const known = first.some(
      ({ id, timestamp }) => id === sending.id && timestamp >= sending.timestamp - REMEMBER_MS,
    )
    ;(known ? duplicate : first).push(sending)
  }
  const text = ({ id, timestamp }: Sending) => `${id}@${timestamp}`
  return { first: first.map(text), duplicate: duplicate.map(text) }
}

test('a time to remember that would let repetitions through is refused', () => {
  for (const rememberMs of [NaN, 0, -1, Infinity])
    assert.throws(() => deduplicate({ id: String, rememberMs }), {
      name: 'RangeError',
      message: `deduplicate() that remembers for ${rememberMs} ms would forget: give whole ms, above 0`,
    })
})
