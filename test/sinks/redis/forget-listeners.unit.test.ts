import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { forgetListeners, isAnybodyPresent } from '../../../sinks/redis/forget-listeners.ts'

/** A Redis that says what it is, and then no more: it is stopped, or the way to it swallows all. */
async function silentRedis(t: TestContext): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const info = 'redis_version:7.2.0\r\nloading:0\r\n'
    socket.on('data', (asked) => {
      for (const [command] of String(asked).matchAll(/SETINFO|\binfo\b/g))
        socket.write(command === 'info' ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test(
  'a Redis that falls silent holds up nobody who forgets listeners, or asks for them, for ever',
  {
    timeout: 8_000,
  },
  async (t) => {
    const options = { redisUrl: await silentRedis(t), keyPrefix: 'test:' }
    await Promise.all(
      [forgetListeners, isAnybodyPresent].map((ask) => assert.rejects(ask(options), /Command timed out/)),
    )
  },
)

test('a Redis that is away is told with what keeps it away', async () => {
  await assert.rejects(
    forgetListeners({ redisUrl: 'redis://127.0.0.1:9', keyPrefix: 'test:' }),
    /ECONNREFUSED/,
  )
})
