import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../../stack/ports.ts'
import { services } from '../kit/services.ts'

const program = join(import.meta.dirname, '../../cli/main.ts')

function migrate(env: NodeJS.ProcessEnv) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      [program, 'migrate'],
      { env: { ...process.env, ...env } },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

test('migrate says what it has made, and the second time that everything is in place', async () => {
  await services()
  const name = `migrate-${randomUUID().slice(0, 8)}`
  const database = name.replace('-', '_')
  const env = { TOPIC_PREFIX: `${name}.`, CLICKHOUSE_DATABASE: database }
  const first = await migrate(env)
  assert.equal(first.code, 0, first.stderr)
  const lines = first.stdout.trim().split('\n')
  assert.ok(lines.includes(`created topic ${name}.plays (2 partitions)`), first.stdout)
  assert.ok(lines.includes(`registered schema ${name}.plays-value, version 1`), first.stdout)
  assert.match(first.stdout, new RegExp(`^applied 001-\\S+ to ClickHouse database ${database}$`, 'm'))
  assert.deepEqual(await migrate(env), { code: 0, stdout: 'everything is in place\n', stderr: '' })
})

test('migrate without its services ends, with a line for each that says what to do and repeats no password', async () => {
  const [kafka, registry, clickhouse] = [await freePort(), await freePort(), await freePort()]
  const { code, stdout, stderr } = await migrate({
    KAFKA_BROKERS: `127.0.0.1:${kafka}`,
    SCHEMA_REGISTRY_URL: `http://user:S3CRET@127.0.0.1:${registry}/apis`,
    CLICKHOUSE_URL: `http://user:S3CRET@127.0.0.1:${clickhouse}`,
  })
  const line = (title: string, port: number, variable: string) =>
    `${title} at 127.0.0.1:${port} (${variable}) does not answer: \`npm start\` brings one up, or set ${variable}\n`
  assert.deepEqual([code, stdout], [1, ''])
  assert.equal(
    stderr,
    `continuo: ${line('Kafka', kafka, 'KAFKA_BROKERS')}` +
      line('The schema registry', registry, 'SCHEMA_REGISTRY_URL') +
      line('ClickHouse', clickhouse, 'CLICKHOUSE_URL'),
  )
})
