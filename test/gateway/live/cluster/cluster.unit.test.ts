import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import pino from 'pino'
import { Registry } from 'prom-client'
import { Cluster, type ClusterOptions } from '../../../../gateway/live/cluster/cluster.ts'
import type { ControlMessage } from '../../../../gateway/live/cluster/control.ts'
import { defaultTimes } from '../../../../gateway/live/options.ts'
import { until } from '../../../kit/until.ts'

/** A node whose Redis is away, and what it hears. */
async function nodeThatHears(sessions: ReadonlySet<{ close(): void }>, onDone: () => void) {
  const feed = Object.assign(new EventEmitter(), { listen: () => Promise.resolve() })
  const redis = Object.assign(new EventEmitter(), { status: 'reconnecting', defineCommand: () => undefined })
  const cluster = new Cluster({
    redis,
    feed,
    keyPrefix: '',
    settings: { onDone },
    times: defaultTimes,
    sessions,
    originAllowed: () => true,
    healthy: () => true,
    log: pino({ level: 'silent' }),
    metrics: new Registry(),
  } as unknown as ClusterOptions)
  await cluster.start('ws://localhost')
  const hear = (message: ControlMessage) => feed.emit('message', 'gateway:control', JSON.stringify(message))
  return { cluster, hear }
}

test('a node that drains and is told to do so in less time makes haste', async (t) => {
  let isDone = false
  const sessions = new Set<{ close(): void }>()
  for (let n = 0; n < 10_000; n++) {
    const session = { close: () => sessions.delete(session) }
    sessions.add(session)
  }
  const { cluster, hear } = await nodeThatHears(sessions, () => (isDone = true))
  t.after(() => {
    sessions.clear()
    return cluster.stop()
  })
  hear({ kind: 'drain', node: cluster.id, overMs: 3_600_000 })
  await until(() => sessions.size < 10_000, { what: 'the first to go' })
  hear({ kind: 'drain', node: cluster.id, overMs: 0 })
  await until(() => isDone, { what: 'all to have gone' })
  assert.equal(sessions.size, 0)
})
