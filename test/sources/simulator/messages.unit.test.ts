import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Codec, DecodeError } from '../../../schemas/codec.ts'
import { topics } from '../../../schemas/topics.ts'
import { Tally } from '../../../sources/simulator/counts.ts'
import { type Flaw, flaws } from '../../../sources/simulator/disorder.ts'
import { playRecord } from '../../../sources/simulator/messages.ts'
import { type SimulatedMessage, Simulation } from '../../../sources/simulator/simulation.ts'

async function codec(): Promise<Codec> {
  const made = new Codec({ register: async () => 7, schemaById: async () => undefined })
  await made.register(topics.plays)
  return made
}

const messages = (disorder: { duplicates?: number; malformed?: number }): SimulatedMessage[] => {
  const simulation = new Simulation({
    seed: 'records',
    startAt: Date.UTC(2026, 0, 1),
    playsPerSecond: 10,
    disorder,
  })
  return Array.from({ length: 2_000 }, () => simulation.next()).flat()
}

test('a play is keyed by its user and reads back as it was', async () => {
  const plays = await codec()
  for (const message of messages({}).slice(0, 100)) {
    const { key, value, headers } = playRecord(message, plays)
    assert.equal(key, message.play.userId)
    assert.deepEqual(headers, { source: 'simulator' })
    assert.deepEqual({ ...plays.decode(topics.plays, value) }, message.play)
  }
})

test('each flaw is certain: it is refused for the reason it is made for', async () => {
  const plays = await codec()
  const refusedFor: Record<Exclude<Flaw, 'time_long_ago' | 'time_far_ahead'>, string> = {
    random_bytes: 'not_wire_format',
    unknown_schema_id: 'unknown_schema_id',
    truncated_avro: 'malformed_avro',
    null_value: 'null_value',
  }
  const seen = new Set<Flaw>()
  for (const message of messages({ malformed: 1 })) {
    if (message.kind !== 'malformed') continue
    seen.add(message.flaw)
    const { value } = playRecord(message, plays)
    await plays.load([value])
    if (message.flaw === 'time_long_ago') {
      assert.ok(plays.decode(topics.plays, value).playedAt < Date.UTC(2000, 0, 1))
    } else if (message.flaw === 'time_far_ahead') {
      assert.ok(plays.decode(topics.plays, value).playedAt > Date.UTC(2090, 0, 1))
    } else {
      const reason = refusedFor[message.flaw]
      assert.throws(
        () => plays.decode(topics.plays, value),
        (error) => error instanceof DecodeError && error.reason === reason,
      )
    }
  }
  assert.deepEqual([...seen].sort(), [...flaws].sort())
})

test('every message is counted once, by its kind', () => {
  const tally = new Tally()
  const all = messages({ duplicates: 0.2, malformed: 0.1 })
  for (const message of all) tally.add(message)
  const counts = tally.counts()
  assert.equal(counts.plays, 2_000)
  assert.equal(counts.plays + counts.duplicates + counts.malformed, all.length)
  assert.equal(
    Object.values(counts.malformedBy).reduce((sum, count) => sum + count, 0),
    counts.malformed,
  )
  assert.ok(counts.late > 0 && counts.outOfOrder > 0)
  counts.malformedBy.null_value = -1
  assert.notEqual(tally.counts().malformedBy.null_value, -1)
})
