import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import pino from 'pino'
import { Registry } from 'prom-client'
import type { RawRecord } from '../../../pipelines/engine/raw-record.ts'
import { Attempts } from '../../../sinks/attempts.ts'
import { ChunkWriter } from '../../../sinks/clickhouse/chunk-writer.ts'
import { isTransient } from '../../../sinks/clickhouse/insert.ts'
import { PartitionBuffer } from '../../../sinks/clickhouse/partition-buffer.ts'
import { deduplicationToken, rangeInDoubt } from '../../../sinks/clickhouse/range.ts'
import { sinkMetrics } from '../../../sinks/metrics.ts'

/** What becomes of a record: a row, a letter as it cannot be one, or a letter as the table refuses it. */
type Fate = 'row' | 'unfit' | 'refused'

/** How a process lives. */
interface Life {
  /** Its chunks have so many rows at most. */
  rows: number
  /** Whether its table refuses anything: somebody may change it. */
  strict: boolean
  /** After so many calls of Kafka or ClickHouse it dies; the call that it is in has its effect at once, never, or after its successor's. */
  kill?: { after: number; effect: 'at once' | 'never' | 'late' }
}

const origin = { topic: 't', topicId: 'id', partition: 0 }
const log = pino({ level: 'silent' })

/** A partition, its group's offset, a table that knows tokens, and the dead letters, which outlive each process. */
function world(fates: Fate[]) {
  const table = new Map<number, number>()
  const tokens = new Set<string>()
  const letters = new Set<number>()
  let committed: { offset: bigint; metadata?: string } = { offset: 0n }
  let late: (() => void)[] = []
  let owners = 0
  let strict = true

  function land(token: string, lines: string[]) {
    const row = strict ? lines.findIndex((line) => fates[Number(line)] === 'refused') : -1
    if (row >= 0) return { row, reason: 'violated_constraint' }
    if (!tokens.has(token))
      for (const line of lines) table.set(Number(line), (table.get(Number(line)) ?? 0) + 1)
    tokens.add(token)
    return undefined
  }

  /** One process, from its take-over until all is written or it is killed. */
  async function live({ rows, kill, ...life }: Life): Promise<void> {
    owners++
    strict = life.strict
    const limits = { rows, bytes: 1_000 }
    const killed = Promise.withResolvers<undefined>()
    let calls = 0
    const call = async <T>(effect: () => T): Promise<T> => {
      if (calls++ !== kill?.after) return effect()
      if (kill.effect === 'at once') effect()
      if (kill.effect === 'late') late.push(effect)
      killed.resolve(undefined)
      return new Promise(() => undefined)
    }
    const metrics = sinkMetrics(new Registry())
    const doubt = rangeInDoubt(committed.offset, committed.metadata)
    const position = committed.offset
    const buffer = new PartitionBuffer(origin, position, limits, doubt)
    for (let offset = Number(position); offset < fates.length; offset++) {
      const source = { record: { offset: BigInt(offset), topic: 't' } as RawRecord }
      if (fates[offset] === 'unfit') buffer.refuse({ ...source, reason: 'time_out_of_range' })
      else buffer.append(BigInt(offset), Buffer.from(String(offset)), source)
    }
    buffer.cover(BigInt(fates.length))
    const writer = new ChunkWriter({
      metrics,
      limits,
      maxAgeMs: 1_000_000,
      buffers: () => [buffer],
      attempts: new Attempts({
        sink: 'clickhouse',
        transient: isTransient,
        metrics,
        log,
        putAside: (records) =>
          call(() => records.forEach(({ record }) => letters.add(Number(record.offset)))),
        crash: (error) => killed.reject(error),
      }),
      receivedAt: () => undefined,
      insert: (_, chunk) => {
        const token = deduplicationToken(origin, chunk)
        return call(() => {
          const isMissing = (line: string) => !chunk.isRepeated || !table.has(Number(line))
          const missing = chunk.rows.map(String).filter(isMissing)
          const found = land(token, missing)
          return found && { ...found, row: chunk.rows.map(String).indexOf(missing[found.row]!) }
        })
      },
      commit: ([offset]) => {
        const owner = owners
        // Kafka refuses one that is late: the group has moved on.
        return call(() => void (committed = owner === owners ? offset! : committed))
      },
    })
    await Promise.race([writer.drained(), killed.promise])
  }

  return {
    table,
    letters,
    live,
    /** Somebody has mended what was wrong, and gives letters back: each keeps its place. */
    giveBack(offsets: readonly number[]) {
      for (const offset of offsets) if (letters.has(offset) && !table.has(offset)) table.set(offset, 1)
    },
    committed: () => committed,
    arriveLate() {
      for (const effect of late) effect()
      late = []
    },
  }
}

const life = fc.record({ rows: fc.integer({ min: 1, max: 5 }), strict: fc.boolean() })
const kill = fc.record({
  after: fc.nat({ max: 8 }),
  effect: fc.constantFrom<NonNullable<Life['kill']>['effect'][]>('at once', 'never', 'late'),
})
const fate = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Fate>('row') },
  fc.constantFrom<Fate[]>('unfit', 'refused'),
)

test('whatever call a process is killed in, and whatever is given back meanwhile, each record is one row, or a letter if it can be none', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fate, { minLength: 1, maxLength: 14 }),
      fc.array(fc.tuple(life, kill, fc.boolean(), fc.array(fc.nat({ max: 13 }))), { maxLength: 3 }),
      life,
      async (fates, kills, last) => {
        const { table, letters, live, committed, arriveLate, giveBack } = world(fates)
        const given = new Set<number>()
        for (const [each, kill, arrives, back] of kills) {
          await live({ ...each, kill })
          for (const offset of back) if (letters.has(offset)) given.add(offset)
          giveBack(back)
          if (arrives) arriveLate()
        }
        await live(last)
        arriveLate()
        const always = last.strict && kills.every(([{ strict }]) => strict)
        for (const [offset, fate] of fates.entries()) {
          const times = table.get(offset) ?? 0
          const told = `${offset}, ${fate}: ${times} rows`
          if (fate === 'row') assert.deepEqual([times, letters.has(offset)], [1, false], told)
          else if (given.has(offset)) assert.deepEqual([times, letters.has(offset)], [1, true], told)
          else if (fate === 'unfit' || always) assert.deepEqual([times, letters.has(offset)], [0, true], told)
          else assert.ok(times === 1 || (times === 0 && letters.has(offset)), told)
        }
        assert.equal(committed().offset, BigInt(fates.length))
      },
    ),
    { numRuns: 2_000 },
  )
})
