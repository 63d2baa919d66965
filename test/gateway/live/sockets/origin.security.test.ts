import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { services } from '../../../kit/services.ts'
import { testGateway, type TestGateway } from '../../kit/gateway.ts'
import { rawClient } from '../../kit/raw-client.ts'

/** Status of an upgrade request: 101 if the socket opens. */
function upgradeStatus({ port }: TestGateway, origin?: string): Promise<number> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
    ...(origin !== undefined && { origin }),
  }
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/connection/websocket', headers })
      .on('response', (response) => {
        response.resume()
        resolve(response.statusCode!)
      })
      .on('upgrade', (response, socket) => {
        socket.destroy()
        resolve(response.statusCode!)
      })
      .on('error', reject)
      .end()
  })
}

const page = 'https://music.example'

const foreign = [
  'https://evil.example',
  'http://music.example',
  'https://music.example:8443',
  'https://music.example.evil.example',
  'https://evil.example/https://music.example',
  'https://sub.music.example',
  'null',
  'none',
  '*',
]

for (const origin of foreign) {
  test(`a page of ${origin} may not open a socket`, async (t) => {
    const gateway = await testGateway(t, { ...(await services()), allowedOrigins: [page] })
    assert.equal(await upgradeStatus(gateway, origin), 403)
    assert.equal(await gateway.metric('continuo_gateway_connections'), 0)
  })
}

test('a page of the list may', async (t) => {
  const gateway = await testGateway(t, {
    ...(await services()),
    allowedOrigins: ['http://localhost:8080', page],
  })
  const raw = await rawClient(t, gateway.url, { headers: { origin: page } })
  assert.ok((await raw.connect()).connect)
})

test('a client without an Origin may only if the list says so', async (t) => {
  const closed = await testGateway(t, { ...(await services()), allowedOrigins: [page] })
  assert.equal(await upgradeStatus(closed), 403)
  assert.equal(await closed.metric('continuo_gateway_foreign_origins_total'), 1)
  const open = await testGateway(t, { ...(await services()), allowedOrigins: [page, 'none'] })
  assert.equal(await upgradeStatus(open), 101)
})
