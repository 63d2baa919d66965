import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { Registry } from 'prom-client'
import { breaker, isLeftAlone } from '../../../gateway/live/breaker.ts'

function setUp() {
  const clock = { now: 1e6 }
  const lines: { msg: string }[] = []
  const log = pino(
    { level: 'info' },
    { write: (line: string) => lines.push(JSON.parse(line) as { msg: string }) },
  )
  const metrics = new Registry()
  const through = breaker({
    name: 'kafka',
    remedy: 'look at KAFKA_BROKERS',
    metrics,
    log,
    failures: 3,
    restFor: 1_000,
    now: () => clock.now,
  })
  const service = { away: false, asked: 0 }
  const call = () =>
    through(() => {
      service.asked++
      return service.away ? Promise.reject(new Error('away')) : Promise.resolve('done')
    })
  const isOpen = async () => /breaker_open\{breaker="kafka"\} 1/.test(await metrics.metrics())
  return { clock, lines, log, metrics, service, call, isOpen }
}

test('what has failed several times in a row is left alone, says so once, and is tried again after a rest', async () => {
  const { clock, lines, service, call, isOpen } = setUp()
  assert.equal(await call(), 'done')
  assert.equal(await isOpen(), false)
  service.away = true
  for (let n = 0; n < 3; n++) await assert.rejects(call(), /away/)
  assert.equal(await isOpen(), true)
  for (let n = 0; n < 100; n++) await assert.rejects(call(), isLeftAlone)
  assert.equal(service.asked, 4)
  assert.match(
    lines.map(({ msg }) => msg).join(),
    /^does not answer, and is left alone for now: look at KAFKA_BROKERS$/,
  )

  clock.now += 1_001
  await assert.rejects(call(), /away/)
  await assert.rejects(call(), isLeftAlone)
  assert.deepEqual([service.asked, lines.length], [5, 1])

  service.away = false
  clock.now += 1_001
  assert.equal(await call(), 'done')
  assert.equal(await isOpen(), false)
  assert.equal(lines.at(-1)?.msg, 'answers again')
})

test('a date that is set back makes no rest longer', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1e12 })
  const { clock, service, call } = setUp()
  service.away = true
  for (let n = 0; n < 3; n++) await assert.rejects(call(), /away/)
  service.away = false
  t.mock.timers.setTime(1e12 - 3_600_000)
  await assert.rejects(call(), isLeftAlone)
  clock.now += 1_001
  assert.equal(await call(), 'done')
})

test('failures between answers leave nothing alone', async () => {
  const { service, call, isOpen } = setUp()
  for (let n = 0; n < 12; n++) {
    service.away = n % 3 !== 0
    await call().catch(() => undefined)
  }
  assert.equal(service.asked, 12)
  assert.equal(await isOpen(), false)
})

test('several breakers share a metric', async () => {
  const { metrics, log } = setUp()
  breaker({ name: 'keys', remedy: 'none', metrics, log })
  assert.match(await metrics.metrics(), /breaker="kafka"\} 0\n.*breaker="keys"\} 0/)
})
