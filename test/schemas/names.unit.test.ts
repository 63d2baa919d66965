import assert from 'node:assert/strict'
import { test } from 'node:test'
import avro from 'avsc'
import { channelKeys, channels } from '../../schemas/channels.ts'
import type { EventSchema } from '../../schemas/event-schema.ts'
import { tables } from '../../schemas/tables.ts'
import type { Topic } from '../../schemas/topic.ts'
import { cleanTopics, topics } from '../../schemas/topics.ts'

const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const snake = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/

test('topics and channels are named in kebab-case, tables in snake_case, each name once', () => {
  for (const { name } of Object.values(topics)) assert.match(name, kebab)
  for (const name of Object.values(channels)) assert.match(name, kebab)
  for (const name of Object.values(tables)) assert.match(name, snake)
  const names = Object.values(topics).map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
})

test('what names people is stamped by the broker and deleted within a day', () => {
  const namesPeople = Object.values<Topic<unknown>>(topics).filter(({ value }) => hasField(value, 'userId'))
  assert.deepEqual(
    namesPeople.map(({ name }) => name),
    [...cleanTopics.keys()],
  )
  for (const { config } of namesPeople) {
    assert.equal(config['message.timestamp.type'], 'LogAppendTime')
    assert.ok(Number(config['retention.ms']) <= 24 * 3_600_000)
  }
})

const hasField = ({ type }: EventSchema<unknown>, name: string) =>
  type instanceof avro.types.RecordType && type.fields.some((field) => field.name === name)

test('what is clean has no field of a user or an address, and the partitions of what is raw', () => {
  for (const [raw, clean] of cleanTopics) {
    for (const name of ['userId', 'ip']) assert.ok(!hasField(clean.value, name), `${clean.name}: ${name}`)
    const { partitioning } = Object.values(topics).find(({ name }) => name === raw)!
    assert.equal(clean.partitioning, partitioning)
  }
})

test('settings are kept until they are set anew', () => {
  assert.deepEqual(topics.preferencesClean.config, { 'retention.ms': '-1' })
})

test('the keys of a channel begin with the prefix and lie in one slot of a Redis Cluster', () => {
  const keys = Object.values(channelKeys('staging:', 'top-artists'))
  assert.equal(new Set(keys).size, 3)
  for (const key of keys) {
    assert.ok(key.startsWith('staging:'))
    assert.equal(/\{(.*)\}/.exec(key)?.[1], 'top-artists')
  }
})
