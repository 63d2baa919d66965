import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectClickhouse } from '../../../sinks/clickhouse/client.ts'
import { shippedMigrations } from '../../../sinks/clickhouse/migrate.ts'
import { services } from '../../kit/services.ts'

const program = join(import.meta.dirname, '../../../cli/main.ts')

test('clickhouse migrate makes the tables, a dry run says how, and status which there are since when', async (t) => {
  const { clickhouseUrl: url } = await services()
  const database = `cli_${randomUUID().slice(0, 8)}`
  const clickhouse = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [program, 'clickhouse', ...args],
        { env: { ...process.env, CLICKHOUSE_URL: url, CLICKHOUSE_DATABASE: database } },
        (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      )
    })
  const client = connectClickhouse({ url, database })
  t.after(async () => {
    await client.command({ query: `DROP DATABASE IF EXISTS ${database}` })
    await client.close()
  })
  const names = shippedMigrations().map(({ name }) => name)

  const dry = await clickhouse('migrate', '--dry-run')
  assert.equal(dry.code, 0, dry.stderr)
  assert.match(
    dry.stdout,
    /^CREATE DATABASE IF NOT EXISTS [^;]*;\n\nCREATE TABLE IF NOT EXISTS schema_migrations[^;]*;\n\n-- 001-plays\n/,
  )

  const { code, stdout } = await clickhouse('migrate')
  assert.equal(code, 0)
  assert.equal(stdout, names.map((name) => `applied ${name} to ClickHouse database ${database}\n`).join(''))

  const record = { name: names[1], checksum: 'of another text', applied_at: '2020-01-01 12:00:00.000' }
  await client.insert({ table: 'schema_migrations', values: [record], format: 'JSONEachRow' })
  const changed = await clickhouse('status')
  assert.equal(changed.code, 1)
  assert.match(
    changed.stdout,
    /^migration +state +applied at\n001-plays +applied +20[^\n]*\n002-artist-totals +changed +2020-01-01T12:00:00.000Z\n/,
  )
  const refused = await clickhouse('migrate')
  assert.deepEqual([refused.code, refused.stdout], [1, ''])
  assert.match(refused.stderr, /^continuo: migration 002-artist-totals was changed after it had been applied/)
})
