import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { DeadLetterShares, deadLetterRatio } from '../../../pipelines/engine/dead-letter-shares.ts'

const MINUTE = 60_000

function sharesAt() {
  const clock = { ms: 0 }
  return { clock, shares: new DeadLetterShares(() => clock.ms) }
}

test('it is the share of the last five minutes, and forgets what was before', () => {
  const { clock, shares } = sharesAt()
  assert.deepEqual(shares.all, new Map())
  //  minute   0      1      2      3      4      5      6      7
  //  letters  50     0      0 …                                    of 1,000 a minute
  for (let i = 0; i < 50; i++) shares.letter('door')
  const seen: number[] = []
  for (; clock.ms <= 7 * MINUTE; clock.ms += MINUTE) {
    shares.record('door', 1_000)
    seen.push(shares.all.get('door')!)
  }
  assert.deepEqual(seen, [0.05, 0.025, 50 / 3_000, 0.0125, 0.01, 0, 0, 0])
})

test('of few records one that is set aside is no sign of anything, ten are', () => {
  const { shares } = sharesAt()
  shares.record('door')
  shares.letter('door')
  assert.equal(shares.all.get('door'), 0.01)
  for (let i = 1; i < 10; i++) shares.letter('door')
  assert.equal(shares.all.get('door'), 0.1)
})

test('stages are told apart; one that nobody has asked about for long is told of since then', () => {
  const { clock, shares } = sharesAt()
  shares.record('door', 500)
  shares.record('sink', 500)
  for (let i = 0; i < 50; i++) shares.letter('sink')
  clock.ms = 60 * MINUTE
  assert.deepEqual(
    shares.all,
    new Map([
      ['door', 0],
      ['sink', 0.1],
    ]),
  )
  clock.ms += 5 * MINUTE
  assert.deepEqual(
    shares.all,
    new Map([
      ['door', 0],
      ['sink', 0],
    ]),
  )
})

test('the alert goes by this metric', async () => {
  const registry = new Registry()
  const shares = deadLetterRatio(registry)
  shares.record('door', 200)
  shares.letter('door')
  assert.match(await registry.metrics(), /^continuo_dead_letter_ratio\{stage="door"\} 0.005$/m)
  const alerts = await readFile('docs/alerts.yml', 'utf8')
  assert.match(alerts, /expr: max by \(stage\) \(continuo_dead_letter_ratio\) >= 0.01$/m)
})
