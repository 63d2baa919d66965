import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { Outage } from '../../../../gateway/live/outage.ts'
import { type Asking, answerInChannel } from '../../../../gateway/live/sessions/channel-commands.ts'

test('while Redis is away each command is answered so, and the log says it once', async () => {
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => lines.push(line) })
  const away = () => Promise.reject(new Error('Command timed out'))
  const context = { history: away, channelOutage: new Outage(log, { begins: 'away', ends: 'back' }), log }
  const replies: unknown[] = []
  const asking = {
    client: 'c',
    identity: { listener: 'l' },
    subscriptions: { get: () => ({}) },
    reply: (id: number, answer: object) => replies.push({ id, ...answer }),
  } as unknown as Asking
  for (const id of [1, 2, 3]) {
    const command = { id, kind: 'history', channel: 'artist:a', limit: 1, since: undefined, reverse: false }
    await answerInChannel(context as never, asking, command as never)
  }
  const error = { code: 100, message: 'internal server error', temporary: true }
  assert.deepEqual(
    replies,
    [1, 2, 3].map((id) => ({ id, error })),
  )
  assert.equal(lines.length, 1)
  assert.match(lines[0]!, /Command timed out.*away/)
})

test('who is refused while Redis is away has not been answered by it', async () => {
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => lines.push(line) })
  let now = 0
  const channelOutage = new Outage(log, { begins: 'away', ends: 'back' }, () => now)
  channelOutage.failed(new Error('Command timed out'))
  now = 60_000
  const replies: unknown[] = []
  const asking = {
    client: 'c',
    identity: { listener: 'l' },
    subscriptions: { get: () => undefined },
    reply: (_: number, answer: { error: { code: number } }) => replies.push(answer.error.code),
  } as unknown as Asking
  for (const kind of ['history', 'presence']) {
    const command = { id: 1, kind, channel: 'artist:a', limit: 1, since: undefined, reverse: false }
    await answerInChannel({ channelOutage, log } as never, asking, command as never)
  }
  assert.deepEqual(replies, [103, 108])
  assert.equal(lines.length, 1)
})
