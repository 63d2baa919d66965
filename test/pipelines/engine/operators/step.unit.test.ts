import assert from 'node:assert/strict'
import { test } from 'node:test'
import { map } from 'rxjs'
import { openDeadLetter } from '../../../../pipelines/engine/dead-letters.ts'
import {
  type Step,
  deadLetter,
  drop,
  foldWindow,
  keyBy,
  ok,
  route,
  step,
  topology,
  tumbling,
  write,
} from '../../../../pipelines/engine/index.ts'
import { withValue } from '../../../../pipelines/engine/row.ts'
import { drive, driverDeadLetterKey } from '../../../../pipelines/engine/testing/drive.ts'
import { artistTotal } from '../../../../pipelines/steps/artist-total.ts'
import { latePlay } from '../../../../pipelines/steps/late-play.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'
import { tell } from '../../../kit/tell.ts'

const { playsClean, playsByArtist, deadLetters } = topics

/** Writes what `decide` lets through. */
const through = (decide: Step<CleanPlay, CleanPlay>) =>
  topology('through', ({ read }) => read(playsClean).pipe(step(decide), write(playsByArtist)))

test('what a step lets through goes on, changed', async () => {
  const kafka = drive(through((value) => ok({ ...value, country: 'SE' })))
  await kafka.send(playsClean, play(), { key: 'k' })
  assert.deepEqual(
    kafka.written(playsByArtist).map(({ key, value }) => [key, value.country]),
    [['k', 'SE']],
  )
})

test('what a step drops goes no further and is no dead letter', async () => {
  const kafka = drive(through((value) => (value.msPlayed < 30_000 ? drop('too_short') : ok(value))))
  await kafka.send(playsClean, play({ msPlayed: 1 }))
  await kafka.send(playsClean, play({ msPlayed: 30_000 }))
  assert.deepEqual(
    kafka.written(playsByArtist).map(({ value }) => value.msPlayed),
    [30_000],
  )
  assert.deepEqual(kafka.written(deadLetters), [])
})

test('what a step sets aside is one dead letter that holds the record', async () => {
  const kafka = drive(through(() => deadLetter('not_wanted')))
  await kafka.send(playsClean, play(), { key: 'who', headers: { source: 'import:7' } })
  const [letter, ...more] = kafka.written(deadLetters).map(({ value }) => value)
  assert.ok(letter)
  assert.deepEqual(more, [])
  assert.deepEqual(
    [letter.stage, letter.kind, letter.reason, letter.topic, letter.offset, letter.source],
    ['through', 'step', 'not_wanted', 'plays-clean', 0, 'import:7'],
  )
  assert.equal(openDeadLetter(driverDeadLetterKey, letter).key?.toString(), 'who')
  assert.deepEqual(kafka.written(playsByArtist), [])
})

test('a step may give a code; one that could hold anything is not told', async () => {
  const codes = ['geo_lookup_17', 'ECONNRESET', undefined, 'Ada of Oslo', `E${'X'.repeat(64)}`]
  const kafka = drive(through(({ msPlayed }) => deadLetter('no_country', codes[msPlayed])))
  for (const msPlayed of codes.keys()) await kafka.send(playsClean, play({ msPlayed }))
  assert.deepEqual(
    kafka.written(deadLetters).map(({ value }) => value.errorCode),
    ['geo_lookup_17', 'ECONNRESET', ...Array.from({ length: 3 }, () => 'STEP_NO_COUNTRY')],
  )
})

test("a step's now is the time of the record in Kafka", async () => {
  const kafka = drive(through((value, { now }) => ok({ ...value, receivedAt: now })))
  await kafka.send(playsClean, play(), { timestamp: at('13:14:15') })
  kafka.now = at('14:00:00')
  await kafka.send(playsClean, play())
  assert.deepEqual(
    kafka.written(playsByArtist).map(({ value }) => value.receivedAt),
    [at('13:14:15'), at('14:00:00')],
  )
})

test('an exception is a bug: it comes out at once, in every operator, and nothing goes on after it', async (t) => {
  const bug = (): never => {
    throw new Error('a bug')
  }
  const fold = { windows: tumbling(60_000, { grace: 0 }), fold: artistTotal, late: latePlay }
  const buggy = {
    step: through(bug),
    keyBy: topology('t', ({ read }) => read(playsClean).pipe(keyBy(bug, { through: playsByArtist }), tell())),
    foldWindow: topology('t', ({ read }) => read(playsClean, { time: bug }).pipe(foldWindow(fold), tell())),
    'a route after a fold': topology('t', ({ read }) =>
      read(playsClean, { time: ({ playedAt }) => playedAt }).pipe(
        foldWindow(fold),
        route(
          { open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays },
          { key: bug },
        ),
      ),
    ),
    'an operator of RxJS': topology('t', ({ read }) => read(playsClean).pipe(map(bug), tell())),
  }
  for (const [name, faulty] of Object.entries(buggy))
    await t.test(name, async () => {
      const kafka = drive(faulty)
      await assert.rejects(kafka.send(playsClean, play()), /a bug/)
      await assert.rejects(kafka.send(playsClean, play()), /a bug/)
    })
})

test('a value that its topic cannot hold is a bug, too', async () => {
  const kafka = drive(
    topology('t', ({ read }) =>
      read(playsClean).pipe(
        map((row) => withValue(row, { ...row.value, msPlayed: 2 ** 53 })),
        write(playsByArtist),
      ),
    ),
  )
  await assert.rejects(kafka.send(playsClean, play()), /msPlayed|invalid/)
})

for (const outcome of [drop, deadLetter]) {
  test(`a reason that is made of what is in the record is refused by ${outcome.name}, and is not told`, async () => {
    const kafka = drive(
      through(function needsCountry(value) {
        return outcome(`no country for ${value.artistName}`)
      }),
    )
    await assert.rejects(kafka.send(playsClean, play({ artistName: 'Ada' })), {
      name: 'TypeError',
      message:
        'through, needsCountry: a reason is in snake_case and says nothing of the record, for it labels metrics and stands ' +
        'unsealed in dead letters',
    })
  })
}

test('a reason that would read as if the record had been cut is refused: nobody could be given it back', async () => {
  const kafka = drive(
    through(function needsPrice() {
      return deadLetter('price_cut')
    }),
  )
  await assert.rejects(kafka.send(playsClean, play()), {
    name: 'TypeError',
    message: /^through, needsPrice: no reason ends with _cut/,
  })
})
