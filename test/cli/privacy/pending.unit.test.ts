import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { withPendingEpoch, wrapped } from '../../../cli/privacy/key-ring.ts'
import { localWrapper } from '../../../cli/privacy/key-wrapper.ts'
import { replaceRing } from '../../../cli/privacy/ring-file.ts'
import { roleProcess } from '../../kit/role-process.ts'
import { until } from '../../kit/until.ts'

test('while an epoch is pending no role starts, one that makes no pseudonyms neither, and nothing is replayed or reset', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'continuo-pending-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const bytes = randomBytes(32)
  const [wrapper, key] = [localWrapper({ id: 'w1', bytes }), bytes.toString('base64')]
  const file = join(folder, 'ring.json')
  const ring = { epochs: [await wrapped(1, bytes, wrapper)] }
  replaceRing(file, undefined, await withPendingEpoch(ring, wrapper))
  const keys = { DEAD_LETTER_KEY: key, PUSH_KEY: key, VAPID_KEY: key, WRAPPING_KEYS: `w1=${key}` }
  const env = { ...keys, PSEUDONYM_KEYS: file, KAFKA_BROKERS: 'localhost:1' }
  const all = [
    ['sinks'],
    ['push'],
    ['run', 'recommendations'],
    ['run', 'listening-totals'],
    ['dlq', 'replay'],
    ['reset', 'listening-totals'],
  ]
  await Promise.all(
    all.map(async (args) => {
      const role = await roleProcess(args, env)
      t.after(() => role.kill())
      await until(() => role.ended || role.output.includes('ECONNREFUSED'), {
        what: `${args.join(' ')} to end`,
        within: 60_000,
      })
      assert.match(role.output, /epoch 2 of PSEUDONYM_KEYS is pending/)
      assert.ok(role.ended)
    }),
  )
})
