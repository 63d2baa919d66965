import assert from 'node:assert/strict'
import { test } from 'node:test'
import { channelKeys, channels } from '../../schemas/channels.ts'
import { tables } from '../../schemas/tables.ts'
import { topics } from '../../schemas/topics.ts'

const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const snake = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/

test('topics and channels are named in kebab-case, tables in snake_case, each name once', () => {
  for (const { name } of Object.values(topics)) assert.match(name, kebab)
  for (const name of Object.values(channels)) assert.match(name, kebab)
  for (const name of Object.values(tables)) assert.match(name, snake)
  const names = Object.values(topics).map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
})

test('raw plays are stamped by the broker and deleted within a day', () => {
  assert.equal(topics.plays.config['message.timestamp.type'], 'LogAppendTime')
  assert.ok(Number(topics.plays.config['retention.ms']) <= 24 * 3_600_000)
})

test('the keys of a channel begin with the prefix and lie in one slot of a Redis Cluster', () => {
  const keys = Object.values(channelKeys('staging:', 'top-artists'))
  assert.equal(new Set(keys).size, 3)
  for (const key of keys) {
    assert.ok(key.startsWith('staging:'))
    assert.equal(/\{(.*)\}/.exec(key)?.[1], 'top-artists')
  }
})
