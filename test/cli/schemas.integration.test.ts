import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import pino from 'pino'
import { Codec } from '../../schemas/codec.ts'
import { avroSchema } from '../../schemas/event-schema.ts'
import { playV2, playV3 } from '../../schemas/events.ts'
import { connectRegistry } from '../../schemas/registry.ts'
import { topic } from '../../schemas/topic.ts'
import { services } from '../kit/services.ts'

const run = promisify(execFile)
const program = join(import.meta.dirname, '../../cli/main.ts')
const log = pino({ level: 'silent' })
const anyPrefix = () => `test-${randomUUID()}.`

/** `continuo schemas …` on the topics under a prefix. */
async function schemas(prefix: string, ...args: string[]) {
  const { schemaRegistryUrl } = await services()
  const env = { ...process.env, SCHEMA_REGISTRY_URL: schemaRegistryUrl, TOPIC_PREFIX: prefix }
  return run(process.execPath, [program, 'schemas', ...args], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as { code: number; stdout: string; stderr: string },
  )
}

const registry = async () => connectRegistry((await services()).schemaRegistryUrl, log)

/** A play whose milliseconds are a text. */
const spoilt = JSON.stringify({
  ...(JSON.parse(playV3.text) as object),
  fields: (JSON.parse(playV3.text) as { fields: { name: string }[] }).fields.map((field) =>
    field.name === 'msPlayed' ? { ...field, type: 'string' } : field,
  ),
})

test('registering twice registers once: every subject stays at its first version', async () => {
  const prefix = anyPrefix()
  const first = await schemas(prefix, 'register')
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, new RegExp(`^${prefix}plays-value: version 1$`, 'm'))
  const again = await schemas(prefix, 'register')
  assert.deepEqual([again.code, again.stdout], [0, first.stdout])
})

test('what the registry has and nobody could read is refused, by subject and field with the remedy, and nothing is registered', async () => {
  const prefix = anyPrefix()
  await (await registry()).register(`${prefix}plays-value`, spoilt)
  for (const args of [['check', 'play', '--registry'], ['register']]) {
    const { code, stderr } = await schemas(prefix, ...args)
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`^${prefix}plays-value: .*msPlayed.*`, 'm'))
    assert.match(stderr, /add a field beside/i)
  }
  const { stdout } = await schemas(prefix, 'diff', 'artist', '--registry')
  assert.match(stdout, new RegExp(`${prefix}artists-value: nothing → artist\\.v1`))
})

test('the difference from what is registered is told by field', async () => {
  const prefix = anyPrefix()
  await (await registry()).register(`${prefix}plays-value`, playV2.text)
  const { code, stdout } = await schemas(prefix, 'diff', 'play', '--registry')
  assert.equal(code, 0)
  assert.match(stdout, new RegExp(`^${prefix}plays-value: version 1 → play\\.v3\n`))
  assert.match(stdout, /timeZone/)
  assert.doesNotMatch(stdout, /msPlayed/)
})

test('a schema that uses one of another subject is registered with it, and read by who knows neither', async () => {
  const prefix = anyPrefix()
  const address = avroSchema<{ city: string }>('address.v1', {
    type: 'record',
    name: 'Address',
    namespace: 'other',
    fields: [{ name: 'city', type: 'string' }],
  })
  const person = avroSchema<{ home: { city: string } }>(
    'person.v1',
    { type: 'record', name: 'Person', namespace: 'one', fields: [{ name: 'home', type: 'other.Address' }] },
    { references: [{ subject: `${prefix}addresses-value`, schema: address }] },
  )
  const people = topic('people', person, 'person')
  const [writer, reader] = [new Codec(await registry(), prefix), new Codec(await registry(), prefix)]
  await writer.register(people)
  await writer.register(people)
  const bytes = writer.encode(people, { home: { city: 'Oslo' } })
  await reader.load([bytes])
  assert.equal(reader.decode(people, bytes).home.city, 'Oslo')
})
