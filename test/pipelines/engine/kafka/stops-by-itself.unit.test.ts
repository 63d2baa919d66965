import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { test } from 'node:test'
import pino from 'pino'
import { deadLetter, ok, step, topology, write } from '../../../../pipelines/engine/index.ts'
import { sealDeadLetter } from '../../../../pipelines/engine/dead-letters.ts'
import { InputNames } from '../../../../pipelines/engine/kafka/input-names.ts'
import { TaskRunner } from '../../../../pipelines/engine/kafka/task-runner.ts'
import type { OutgoingRecord } from '../../../../pipelines/engine/outgoing-records.ts'
import { Task } from '../../../../pipelines/engine/task.ts'
import { driverDeadLetterKey } from '../../../../pipelines/engine/testing/index.ts'
import { replayTopic } from '../../../../schemas/dead-letter.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { play } from '../../../kit/builders.ts'
import { recordsIn } from '../../../kit/outgoing.ts'
import { until } from '../../../kit/until.ts'
import { codecFor } from '../../../schemas/codec-for.ts'

const { playsClean, playsByArtist, deadLetters } = topics
const replays = replayTopic('judge')
const codec = await codecFor(playsClean, playsByArtist, deadLetters, replays)

const judge = topology('judge', ({ read }) =>
  read(playsClean).pipe(
    step(function knownCountry(value: CleanPlay) {
      return value.country === 'NO' ? ok(value) : deadLetter('unknown_country')
    }),
    write(playsByArtist),
  ),
)

/** A process of the topology, which stops at ten in a row. */
function start() {
  const written: OutgoingRecord[] = []
  const offsets: string[] = []
  const said: string[] = []
  const counted: number[] = []
  const runner: TaskRunner = new TaskRunner({
    codec,
    groupId: 'group',
    inputNames: new InputNames(''),
    commitGapMs: 0,
    maxTaskIdleMs: 0,
    deadLetterKey: driverDeadLetterKey,
    deadLetterRatio: 0.5,
    deadLetterRun: 10,
    delivery: {
      commit({ outgoing, offsets: committed }) {
        written.push(...recordsIn(outgoing))
        offsets.push(...committed.offsets.map(({ topic, offset }) => `${topic}=${offset}`))
        return Promise.resolve(new Map())
      },
      forget: () => Promise.resolve(),
    },
    onCommit: (rows) => counted.push(...rows.values()),
    crash: (error) => assert.fail(String(error)),
    log: pino({ level: 'fatal' }, { write: (line) => said.push(line) }),
  })
  runner.joined({ memberId: 'm', generationId: 1 })
  const add = () => {
    const task = new Task({
      topology: judge,
      partition: 0,
      codec,
      deadLetterKey: driverDeadLetterKey,
      onOutcome: (_topology, _step, outcome, reason) => {
        if (outcome === 'dead_letter') runner.refuses(0, reason)
      },
    })
    runner.add([task], new Map())
  }
  add()
  return { runner, add, written, offsets, said, counted }
}

const refused = (count: number) => Array.from({ length: count }, () => play({ country: 'SE' }))

function batch(topic: string, values: Buffer[]) {
  const nextOffset = BigInt(values.length)
  const records = values.map((value, at) => {
    const place = { topic, partition: 0, offset: BigInt(at), timestamp: Date.UTC(2026, 0, 1, 13) }
    return { ...place, key: null, value, headers: {} }
  })
  return { topic, partition: 0, records, nextOffset, highWatermark: nextOffset, readableEnd: nextOffset }
}
const plays = (values: CleanPlay[]) =>
  batch(
    playsClean.name,
    values.map((value) => codec.encode(playsClean, value)),
  )

test('a topology that would set too many aside stops, commits none of them, says so once, and keeps its partitions', async () => {
  const { runner, add, written, offsets, said } = start()
  runner.accept(plays(refused(9)))
  await until(() => offsets.length > 0, { what: 'nine letters, which are not too many' })
  assert.equal(runner.stopped, false)
  assert.equal(written.length, 9)

  runner.accept(plays(refused(30)))
  await until(() => runner.stopped, { what: 'it to stop' })
  for (let i = 0; i < 20; i++) await setImmediate()
  assert.equal(written.length, 9)
  assert.equal(offsets.length, 1)
  assert.equal(said.length, 1)
  assert.match(said[0]!, /judge, partition 0, has stopped: .* unknown_country.*DEAD_LETTER_RUN/)

  // Nor does it go on with what it is given anew.
  runner.remove([0])
  add()
  runner.accept(plays([play({ country: 'NO' })]))
  for (let i = 0; i < 20; i++) await setImmediate()
  assert.equal(runner.stopped, true)
  assert.equal(offsets.length, 1)
  await runner.stop()
})

/** As many letters, as they are given back. */
const givenBack = (count: number) =>
  batch(
    replays.name,
    plays(refused(count)).records.map((record) => {
      const failure = { stage: 'judge', kind: 'step', reason: 'unknown_country' } as const
      return codec.encode(replays, sealDeadLetter(driverDeadLetterKey, record, failure))
    }),
  )

test('what is replayed and refused again stops nobody, and counts nowhere', async () => {
  const { runner, written, offsets, counted } = start()
  runner.accept(givenBack(30))
  await until(() => offsets.length > 0, { what: 'the letters to come back' })
  assert.equal(runner.stopped, false)
  assert.deepEqual(offsets, ['judge-replay=30'])
  assert.deepEqual(counted, [0])
  const attempts = written.map(({ value }) => codec.decode(deadLetters, value).attempt)
  assert.deepEqual(
    attempts,
    Array.from({ length: 30 }, () => 1),
  )
  await runner.stop()
})

test('what comes at the same time as a replay counts all the same', async () => {
  const { runner, offsets, counted } = start()
  runner.accept(givenBack(3))
  runner.accept(plays(refused(30)))
  await until(() => runner.stopped, { what: 'it to stop' })
  assert.deepEqual([offsets, counted], [['judge-replay=3'], [0]])
  await runner.stop()
})
