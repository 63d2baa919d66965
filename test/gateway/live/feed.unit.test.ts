import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { FeedAway } from '../../../gateway/live/feed.ts'
import { until } from '../../kit/until.ts'
import { simulatedFeed } from '../kit/simulated-feed.ts'

test('a feed that may not listen again connects anew, and the log says why', async () => {
  const lines: string[] = []
  const { connection, feed } = simulatedFeed(pino({}, { write: (line: string) => lines.push(line) }))
  feed.start()
  const listening = feed.listen('c')
  connection.asked[0]?.resolve(1)
  await listening

  connection.emit('ready')
  connection.asked[1]?.reject(new Error('NOPERM'))
  await until(() => connection.reconnections === 1, { what: 'the feed to connect anew' })
  assert.match(lines.join(''), /NOPERM/)
})

test('who listens while a connection comes back waits until it listens again', async () => {
  const { connection, feed } = simulatedFeed(pino({ level: 'silent' }))
  const again: string[] = []
  feed.on('again', (channel) => again.push(channel))
  feed.start()
  const first = feed.listen('c')
  connection.asked[0]?.resolve(1)
  await first
  connection.emit('ready')
  let heard = false
  const second = feed.listen('c').then(() => (heard = true))
  await new Promise(setImmediate)
  assert.deepEqual({ heard, again, asked: connection.asked.length }, { heard: false, again: [], asked: 2 })
  connection.asked[1]?.resolve(1)
  await second
  assert.deepEqual(again, ['c'])
})

test('what was wanted before there was a connection is heard when there is one', async () => {
  const { connection, feed } = simulatedFeed(pino({ level: 'silent' }))
  const again: string[] = []
  feed.on('again', (channel) => again.push(channel))
  await assert.rejects(feed.listen('c'), FeedAway)
  assert.equal(feed.hears('c'), false)
  feed.start()
  connection.asked[0]?.resolve(1)
  await feed.listen('c')
  assert.deepEqual(again, ['c'])
})

test('what nobody ceases to want, and Redis has not taken, is asked for on a new connection', async () => {
  const { connection, feed } = simulatedFeed(pino({ level: 'silent' }))
  feed.start()
  const listening = feed.listen('c')
  connection.asked[0]?.reject(new Error('Command timed out'))
  await assert.rejects(listening, /timed out/)
  await until(() => connection.reconnections === 1, { what: 'the feed to connect anew', within: 1_000 })
  connection.emit('ready')
  connection.asked[1]?.resolve(1)
  await feed.listen('c')
})

test('what Redis refuses on the next connection, too, is given a rest', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { connection, feed } = simulatedFeed(pino({ level: 'silent' }))
  feed.start()
  const refuse = async (connections: number) => {
    connection.asked[connections]?.reject(new Error('NOPERM'))
    await new Promise(setImmediate)
    t.mock.timers.tick(1)
    return connection.reconnections
  }
  const refused = assert.rejects(feed.listen('c'), /NOPERM/)
  assert.equal(await refuse(0), 1)
  await refused
  connection.emit('ready')
  assert.equal(await refuse(1), 1)
  t.mock.timers.tick(10_000)
  assert.equal(connection.reconnections, 2)
})

test('who comes while Redis is given a rest has it asked again, and then all hear the channel', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { connection, feed } = simulatedFeed(pino({ level: 'silent' }))
  const again: string[] = []
  feed.on('again', (channel) => again.push(channel))
  feed.start()
  const refused = assert.rejects(feed.listen('c'), /timed out/)
  for (const connections of [0, 1]) {
    connection.asked[connections]?.reject(new Error('Command timed out'))
    await new Promise(setImmediate)
    t.mock.timers.tick(1)
    if (connections === 0) connection.emit('ready')
  }
  await refused
  const coming = feed.listen('c')
  await new Promise(setImmediate)
  connection.asked[2]?.resolve(1)
  await coming
  t.mock.timers.tick(10_000)
  assert.deepEqual([again, connection.reconnections], [['c'], 1])
})

test('for who gives up when Redis has not taken it no connection is broken off', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { connection, feed } = simulatedFeed(pino({ level: 'silent' }))
  feed.start()
  const listening = feed.listen('c').catch(() => feed.leave('c'))
  connection.asked[0]?.reject(new Error('Command timed out'))
  await listening
  t.mock.timers.tick(10_000)
  assert.equal(connection.reconnections, 0)
})
