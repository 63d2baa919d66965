import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { freePort, isFree, requireFreePort } from '../../stack/ports.ts'

test('a port is free until something listens on it', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  assert.equal(await isFree(port), false)
  await assert.rejects(requireFreePort(port, 'Kafka', 'set CONTINUO_KAFKA_PORT to another port'), {
    code: 'port_in_use',
    message: `port ${port}, which Kafka needs, is in use: stop what listens there, or set CONTINUO_KAFKA_PORT to another port`,
  })
  server.close()
  await once(server, 'close')
  await requireFreePort(port, 'Kafka', 'unused')
})

test('a free port is one that outgoing connections do not take', async () => {
  const port = await freePort()
  assert.ok(port < 32_768)
  assert.equal(await isFree(port), true)
})
