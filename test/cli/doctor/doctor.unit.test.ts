import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { loadConfig } from '../../../cli/config.ts'
import { clockCheck, measureClock } from '../../../cli/doctor/clock.ts'
import { service } from '../../../cli/doctor/group.ts'
import { keyChecks, lookAtKeys } from '../../../cli/doctor/keys.ts'
import { keyFile } from '../../../cli/supervisor/dev-keys.ts'
import { lookAtRegistry, registryChecks } from '../../../cli/doctor/registry.ts'
import { asLines } from '../../../cli/doctor/print.ts'
import { redisChecks } from '../../../cli/doctor/redis.ts'
import { some } from '../../../cli/doctor/some.ts'
import { registryStub } from '../../schemas/registry-stub.ts'

test('an offset between two clocks is never further off than it says, however slow the question and the answer', async () => {
  const ms = fc.integer({ min: 0, max: 120_000 })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: -200_000, max: 200_000 }),
      ms,
      ms,
      async (ahead, asking, answering) => {
        let here = 1_000_000
        const { aheadMs, giveOrTakeMs } = await measureClock(
          () => here,
          async () => {
            here += asking
            const there = here + ahead
            here += answering
            return there
          },
        )
        assert.ok(Math.abs(aheadMs - ahead) <= giveOrTakeMs)
        const { state } = clockCheck('')({ clock: { aheadMs, giveOrTakeMs } })
        // Nobody is blamed for a slow answer.
        if (state !== 'ok') assert.ok(Math.abs(ahead) > 1_000)
        if (state === 'bad') assert.ok(Math.abs(ahead) > 60_000)
      },
    ),
  )
})

test('clocks are told as people read them', () => {
  const found = (aheadMs: number, giveOrTakeMs: number) => {
    const finding = clockCheck('')({ clock: { aheadMs, giveOrTakeMs } })
    return `${finding.state}: ${finding.found}`
  }
  assert.equal(found(12, 15), "ok: as this machine's, give or take 0.01 s")
  assert.equal(found(-500, 15), 'ok: 0.50 s behind this machine, give or take 0.01 s')
  assert.equal(found(1_020, 15), 'warn: 1.02 s ahead of this machine, give or take 0.01 s')
  assert.equal(found(-61_000, 20), 'bad: 61 s behind this machine, give or take 0.02 s')
})

test('lines stand under one another, and remedies under what they mend', () => {
  const lines = asLines([
    {
      title: 'Redis at a:1',
      findings: [
        { name: 'eviction', state: 'ok', found: 'noeviction' },
        { name: 'role', state: 'bad', found: 'a\n  replica', remedy: 'one\nother' },
      ],
    },
    {
      title: 'Kafka at b:2',
      findings: [{ name: 'clock', state: 'unknown', found: 'untold', remedy: 'ask' }],
    },
  ])
  assert.deepEqual(lines, [
    'Redis at a:1',
    '  ✔ eviction  noeviction',
    '  ✘ role      a replica',
    '              → one',
    '              → other',
    '',
    'Kafka at b:2',
    '  ? clock     untold',
    '              → ask',
    '',
    '1 ✔ in order, 0 ! to think about, 1 ✘ to mend, 1 ? not known',
  ])
})

test('of many only some are told', () => {
  assert.equal(some(['a', 'b', 'c', 'd', 'e']), 'a, b, c, d, e')
  assert.equal(some(['a', 'b', 'c', 'd', 'e', 'f', 'g']), 'a, b, c, d, e, and 2 more')
})

test('a subject that says nothing of its compatibility goes by the default of its registry', async (t) => {
  let byDefault = 'FULL_TRANSITIVE'
  const { url } = await registryStub(t, ({ what }) => {
    if (what === 'GET /config') return { status: 200, body: { compatibilityLevel: byDefault } }
    if (what.startsWith('GET /config/')) return { status: 404, body: { error_code: 40408 } }
    if (what.endsWith('/versions')) return { status: 200, body: what.includes('/plays-value/') ? [1] : [] }
    return { status: 200, body: { schema: '{"type":"record","name":"Other","fields":[]}' } }
  })
  const compatibility = async () => {
    const config = loadConfig({ SCHEMA_REGISTRY_URL: url })
    const seen = await lookAtRegistry({ config, env: {}, flags: { dev: false, dataDir: '' }, now: Date.now })
    return registryChecks.map((check) => check(seen)).find(({ name }) => name === 'compatibility')!
  }
  assert.equal((await compatibility()).state, 'ok')
  byDefault = 'BACKWARD'
  const { state, found } = await compatibility()
  assert.equal(state, 'bad')
  assert.match(found, /for plays-value \(BACKWARD, by default\)$/)
})

test('keys: those that are missing, those of the development stack, one that is none, and all of them', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-doctor-'))
  t.after(() => rm(dataDir, { recursive: true }))
  const told = async (env: Record<string, string>) => {
    const seen = await lookAtKeys({
      config: loadConfig(env),
      env,
      flags: { dev: false, dataDir },
      now: Date.now,
    })
    return keyChecks.map((check) => check(seen))[0] as { state: string; found: string; remedy: string }
  }
  const key = Buffer.alloc(32, 1).toString('base64')
  const some = { PSEUDONYM_KEY: key, TOKEN_KEY: key, PUSH_KEY: key }
  const all = { ...some, DEAD_LETTER_KEY: key, VAPID_KEY: key }
  const missing = await told(some)
  assert.equal(missing.state, 'warn')
  assert.match(missing.found, /^DEAD_LETTER_KEY and VAPID_KEY are not set here/)
  assert.match(missing.remedy, /openssl rand/)
  await writeFile(keyFile(dataDir), '{}')
  assert.match((await told(some)).remedy, /add --dev$/)
  const wrong = await told({ ...all, DEAD_LETTER_OLD_KEYS: 'k0=c2hvcnQ=' })
  assert.equal(wrong.state, 'bad')
  assert.match(wrong.remedy, /^DEAD_LETTER_OLD_KEYS: expected ID=KEY/)
  assert.equal((await told({ ...all, VAPID_KEY: 'short' })).state, 'bad')
  assert.equal((await told(all)).state, 'ok')
})

test('a Redis that does not say how much it takes, or may take, is not known to have room', () => {
  const memory = (info: Record<string, string>) => {
    const seen = {
      info: new Map(Object.entries(info)),
      settings: undefined,
      clock: { aheadMs: 0, giveOrTakeMs: 0 },
    }
    const { state, found } = redisChecks.map((check) => check(seen)).find(({ name }) => name === 'memory')!
    return { state, found }
  }
  const untold: Record<string, string>[] = [
    {},
    { used_memory: '1048576' },
    { maxmemory: '0' },
    { used_memory: '', maxmemory: '0' },
  ]
  for (const info of untold)
    assert.deepEqual(memory(info), {
      state: 'unknown',
      found: 'its INFO does not say how much it may take',
    })
  assert.deepEqual(memory({ used_memory: '1048576', maxmemory: '0' }), {
    state: 'ok',
    found: '1 MiB, without a limit',
  })
})

test('what a service says is told whole, with the remedy behind it, whatever dashes and lines are in it', async (t) => {
  const { url } = await registryStub(t, () => ({ status: 200, body: {} }))
  const around = {
    config: loadConfig({ CLICKHOUSE_URL: url }),
    env: {},
    flags: { dev: false, dataDir: '' },
    now: Date.now,
  }
  const told = async (message: string) => {
    const look = service('clickhouse', 'A service', () => Promise.reject(new Error(message)), [])
    const { findings } = await look(around)
    return findings
  }
  const answers = { name: 'answers', state: 'bad' }
  assert.deepEqual(await told('Code: 497. Not enough – of x\n – of y – grant the user SELECT'), [
    {
      ...answers,
      found: 'it does not tell: Code: 497. Not enough – of x\n – of y',
      remedy: 'grant the user SELECT',
    },
  ])
  assert.deepEqual(await told('no'), [
    {
      ...answers,
      found: 'it does not tell: no',
      remedy: 'look at its log, and at what its user may do',
    },
  ])
})
