import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { Registry } from 'prom-client'
import type { ArtistTotal } from '../../../schemas/events.ts'
import { Attempts } from '../../../sinks/attempts.ts'
import type { SetAside } from '../../../sinks/decode.ts'
import { sinkMetrics } from '../../../sinks/metrics.ts'
import { PendingRows, type Step } from '../../../sinks/redis/pending-rows.ts'
import { StepLoop, type StepLoopOptions } from '../../../sinks/redis/step-loop.ts'
import { isPassing } from '../../../sinks/redis/redis-store.ts'
import { until } from '../../kit/until.ts'
import { artistTotal } from './totals-model.ts'

function room(options: Partial<StepLoopOptions<ArtistTotal>> = {}) {
  const pending = new PendingRows<ArtistTotal>(({ artistId }) => artistId)
  pending.assign(0, 0n)
  const seen: string[] = []
  const crashes: unknown[] = []
  let offset = 0n
  const metrics = sinkMetrics(new Registry())
  const attempts = new Attempts({
    sink: 'redis',
    transient: isPassing,
    putAside: async () => void seen.push('put aside'),
    crash: (error) => crashes.push(error),
    metrics,
    log: pino({ level: 'silent' }),
  })
  const loop = new StepLoop<ArtistTotal>({
    sink: 'redis',
    attempts,
    pending,
    apply: async (step: Step<ArtistTotal>) => {
      seen.push(`apply ${step.partitions[0]!.from}-${step.partitions[0]!.next}`)
      return 'published'
    },
    onApplied: () => seen.push('applied'),
    onMoved: () => seen.push('moved'),
    minGapMs: 1,
    fullAt: 3,
    metrics,
    ...options,
  })
  const read = (count: number) => {
    for (let i = 0; i < count; i++, offset++) {
      pending.of(0)!.add(offset, artistTotal({ artist: `a${offset}`, window: 1, plays: 1, ms: 0 }))
    }
    loop.wake()
  }
  return { loop, attempts, pending, seen, crashes, read }
}

const away = () => Object.assign(new Error('Connection is closed.'), { name: 'Error' })

test('what is read while a step is under way goes into the next', async () => {
  const { seen, read, loop } = room()
  read(1)
  read(2)
  read(1)
  await loop.drained()
  assert.deepEqual(seen, ['apply 0-1', 'applied', 'apply 1-4', 'applied'])
})

test('what is read at the very moment at which the loop comes to rest does not wait for what is read next', async () => {
  for (let ticks = 0; ticks < 20; ticks++) {
    const applied = Promise.withResolvers<undefined>()
    const { pending, read } = room({ minGapMs: 0, onApplied: () => applied.resolve(undefined) })
    read(1)
    await applied.promise
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
    read(1)
    await until(() => !pending.some, { within: 500, what: `what was read ${ticks} ticks behind a step` })
  }
})

test('reading waits while there is much', async () => {
  const { loop, read } = room()
  read(1)
  assert.equal(loop.full, false)
  read(5)
  assert.equal(loop.full, true)
  await loop.relieved()
  assert.equal(loop.full, false)
})

test('a step is repeated until Redis takes it, and meanwhile the sink is not well', async () => {
  let tries = 0
  const { attempts, read, seen } = room({
    apply: async () => {
      if (++tries < 3) throw away()
      return 'unchanged'
    },
  })
  read(1)
  await until(() => attempts.failing, { what: 'the failure to be noticed' })
  await until(() => seen.includes('applied'), { what: 'the step to be applied' })
  assert.equal(attempts.failing, false)
  assert.equal(tries, 3)
})

test('a store that stands elsewhere is reported', async () => {
  const { loop, read, seen } = room({ apply: async () => 'moved' })
  read(1)
  await loop.drained()
  assert.deepEqual(seen, ['moved'])
})

test('an error that waiting does not mend ends the process', async () => {
  const error = Object.assign(new Error('ERR Error compiling script'), { name: 'ReplyError' })
  const { read, crashes } = room({ apply: () => Promise.reject(error) })
  read(1)
  await until(() => crashes.length > 0, { what: 'the crash' })
  assert.deepEqual(crashes, [error])
})

test('records that cannot be read are put aside before the position moves past them', async () => {
  const { loop, pending, seen } = room()
  pending.of(0)!.refuse({ record: { topic: 't', offset: 0n }, reason: 'malformed_avro' } as SetAside)
  await loop.drained()
  assert.deepEqual(seen, ['put aside', 'apply 0-1', 'applied'])
})

test('a stop does not wait for ever for a store that is away', async () => {
  const { attempts, loop, read, crashes } = room({ apply: () => Promise.reject(away()) })
  read(5)
  await attempts.finish(loop.drained(), 50)
  assert.equal(loop.full, false)
  read(1)
  assert.deepEqual(crashes, [])
})

test('a stop gives up on a step that Redis neither takes nor refuses, and reading waits no longer', async () => {
  const { attempts, loop, read, crashes } = room({ apply: () => new Promise(() => undefined) })
  read(1)
  read(5)
  const relieved = loop.relieved()
  await attempts.finish(loop.drained(), 50)
  await relieved
  assert.deepEqual(crashes, [])
})
