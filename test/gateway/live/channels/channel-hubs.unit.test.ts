import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import type { Subscriber } from '../../../../gateway/live/channels/channel-hub.ts'
import type { ChannelLog } from '../../../../gateway/live/channels/channel-log.ts'
import type { Position } from '../../../../gateway/live/protocol/position.ts'
import { until } from '../../../kit/until.ts'
import { simulatedHubs } from '../../kit/simulated-feed.ts'
import { json } from '../../../../gateway/live/protocol/json.ts'

const subscriber: Subscriber = { encoding: json, push: () => undefined, lost: () => undefined }

/** A log whose answers a test gives, and how many were asked for at the same time at most. */
function slowLog() {
  const asked: PromiseWithResolvers<Position>[] = []
  const top = () => Promise.resolve({ epoch: 'e', offset: 0 })
  const log: ChannelLog = {
    begin: top,
    top,
    readAfter: async () => {
      const reply = Promise.withResolvers<Position>()
      asked.push(reply)
      return { ...(await reply.promise), publications: [] }
    },
  }
  return { log, asked }
}

async function manyChannels(t: TestContext, channels: number, positionCheckEvery: number) {
  const lines: string[] = []
  const { log, asked } = slowLog()
  const logger = pino({}, { write: (line: string) => lines.push(line) })
  const { connection, hubs } = simulatedHubs(logger, { log, positionCheckEvery })
  const join = (place: string) => hubs.join(place, { ...subscriber }, undefined, () => undefined)
  const joined = Array.from({ length: channels }, (_, n) => join(`artist:${n}`))
  for (const subscribed of connection.asked.splice(0)) subscribed.resolve(1)
  await Promise.all(joined)
  hubs.start()
  t.after(() => hubs.stop())
  return { connection, asked, lines }
}

test('after a reconnection not too many logs are read at once, and one line tells that they cannot be', async (t) => {
  const { connection, asked, lines } = await manyChannels(t, 250, 600_000)
  connection.emit('ready')
  for (const subscribed of connection.asked.splice(0)) subscribed.resolve(1)
  let read = 0
  // The connection of commands is the same one here: it has each log read, and so has that of the feed.
  await until(
    () => {
      assert.ok(asked.length <= 200, `${asked.length} at once`)
      read += asked.length
      for (const reply of asked.splice(0)) reply.reject(new Error('Command timed out'))
      return read >= 250
    },
    { what: 'all to be read', every: 1 },
  )
  const warnings = lines.filter((line) => line.includes('Command timed out'))
  assert.equal(warnings.length, 1)
})

test('positions are looked at in parts, each once in a period', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { asked } = await manyChannels(t, 95, 10_000)
  const parts: number[] = []
  for (let part = 0; part < 20; part++) {
    t.mock.timers.tick(1_000)
    await new Promise(setImmediate)
    parts.push(asked.length)
    for (const reply of asked.splice(0)) reply.resolve({ epoch: 'e', offset: 0 })
  }
  assert.ok(parts.every((part) => [9, 10].includes(part)))
  const total = parts.reduce((sum: number, part) => sum + part, 0)
  assert.ok(total === 190 || total === 189, `${total}`)
})
