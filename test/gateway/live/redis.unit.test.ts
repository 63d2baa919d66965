import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { Cluster } from 'ioredis'
import pino from 'pino'
import { messageOf } from '../../../gateway/live/errors.ts'
import { openRedis } from '../../../gateway/live/redis.ts'

/** A connection to a server that is gone without a word. */
class SilentConnection extends EventEmitter {
  readonly status = 'ready'
  reconnections = 0

  ping(): Promise<never> {
    return new Promise(() => undefined)
  }

  disconnect(): void {
    this.reconnections++
  }
}

test('a server of a cluster that answers no more is connected to anew', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const servers = 'redis://127.0.0.1:1,redis://127.0.0.1:2'
  const { commands, disconnect } = await openRedis(servers, pino({ level: 'silent' }), () => assert.fail())
  t.after(disconnect)
  const connection = new SilentConnection()
  commands.emit('+node', connection)
  t.mock.timers.tick(4 * 2_000)
  assert.equal(connection.reconnections, 1)
})

test('of a cluster none of whose nodes would answer it is told what one of them said', async (t) => {
  const cluster = new Cluster(['redis://127.0.0.1:1'], {
    lazyConnect: true,
    clusterRetryStrategy: () => null,
  })
  t.after(() => cluster.disconnect())
  const errors: unknown[] = []
  cluster.on('error', (error) => errors.push(error))
  await cluster.connect().catch(() => undefined)
  assert.match(errors.map(messageOf).join(), /Failed to refresh slots cache\. Connection is closed/)
})
