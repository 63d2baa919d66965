import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { Registry } from 'prom-client'
import type { RawRecord } from '../../pipelines/engine/raw-record.ts'
import { Attempts } from '../../sinks/attempts.ts'
import { sinkMetrics } from '../../sinks/metrics.ts'
import { until } from '../kit/until.ts'

function room() {
  const crashes: unknown[] = []
  const aside: string[] = []
  const registry = new Registry()
  const attempts = new Attempts({
    sink: 'test',
    transient: () => true,
    putAside: async (refused) => void aside.push(...refused.map(({ reason }) => reason)),
    breaker: { deadLetterRatio: 0.5, deadLetterRun: 10 },
    metrics: sinkMetrics(registry),
    crash: (error) => crashes.push(error),
    log: pino({ level: 'silent' }),
  })
  return { attempts, crashes, registry, aside }
}

const away = () => Promise.reject(new Error('away'))
const forEver = () => new Promise<void>(() => undefined)

test('one thing that fails is not covered up by another that succeeds', async () => {
  const { attempts, registry } = room()
  let isAway = true
  const asking = attempts.run('asking', () => (isAway ? away() : Promise.resolve('answer')))
  await until(() => attempts.failing, { what: 'the failure to be noticed' })
  await attempts.run('asking another', async () => undefined)
  assert.equal(attempts.failing, true)
  isAway = false
  assert.equal(await asking, 'answer')
  assert.equal(attempts.failing, false)
  assert.match(await registry.metrics(), /continuo_sink_failures_total\{sink="test"\} [1-9]/)
})

test('a stop waits for the rest of the work', async () => {
  const { attempts } = room()
  const done: string[] = []
  await attempts.finish(attempts.run('asking', async () => void done.push('asked')))
  assert.deepEqual(done, ['asked'])
})

test('after its deadline a stop gives up what is attempted, and nothing is a crash any more', async () => {
  const { attempts, crashes } = room()
  const running = [attempts.run('asking', away), attempts.run('waiting', forEver)]
  const ended = Promise.all(running.map((each) => assert.rejects(each, { name: 'AbortError' })))
  attempts.crash('before')
  await attempts.finish(ended.then(), 50)
  attempts.crash('after')
  assert.deepEqual(crashes, ['before'])
  assert.equal(attempts.givenUp, true)
  await assert.rejects(
    attempts.run('asking again', async () => undefined),
    { name: 'AbortError' },
  )
})

const refused = (count: number, given: Partial<RawRecord> = {}) =>
  Array.from({ length: count }, (_, at) => ({
    record: { topic: 't', partition: 0, offset: BigInt(at), ...given } as RawRecord,
    reason: 'malformed_avro',
  }))

test('too many in a row are not set aside: it holds, and is not well, until it is stopped', async () => {
  const { attempts, aside, crashes } = room()
  await attempts.putAside(refused(9))
  await attempts.putAside([], 100)
  await attempts.putAside(refused(9), 1)
  assert.equal(aside.length, 18)
  const held = attempts.putAside(refused(5))
  await until(() => attempts.failing, { what: 'it to hold' })
  const ended = assert.rejects(held, { name: 'AbortError' })
  await attempts.finish(ended, 20)
  assert.equal(aside.length, 18)
  assert.deepEqual(crashes, [])
})

test('what is replayed holds nobody up', async () => {
  const { attempts, aside } = room()
  await attempts.putAside(refused(30, { refusals: 1 }))
  assert.equal(aside.length, 30)
})
