import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import pino from 'pino'
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
