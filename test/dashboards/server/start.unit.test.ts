import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { after, before, test } from 'node:test'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { places } from '../../../dashboards/web/model/places.ts'
import { type Dashboard, type DashboardOptions, startDashboard } from '../../../dashboards/server/index.ts'

const options = (): DashboardOptions => ({
  host: '127.0.0.1',
  port: 0,
  k: 1,
  clickhouse: { url: 'http://127.0.0.1:9', database: 'none' },
  gatewayUrl: 'ws://127.0.0.1:1/connection/websocket',
  log: pino({ level: 'silent' }),
  metrics: new Registry(),
})

let dashboard: Dashboard
let address: string

before(async () => {
  dashboard = await startDashboard(options())
  address = `http://127.0.0.1:${dashboard.port}`
})
after(() => dashboard.stop())

test('a taken port is refused with its number and the variable to change', async () => {
  await assert.rejects(
    startDashboard({ ...options(), port: dashboard.port }),
    new RegExp(`port ${dashboard.port} is in use.*DASHBOARD_PORT`),
  )
})

test('another trouble with the address is told as it is', async () => {
  await assert.rejects(startDashboard({ ...options(), host: '192.0.2.1' }), /EADDRNOTAVAIL/)
})

test('a gateway URL that is none is refused', async () => {
  for (const gatewayUrl of ['', 'localhost:8000', 'http://localhost:8000/'])
    await assert.rejects(startDashboard({ ...options(), gatewayUrl }), /GATEWAY_URL to ws:/)
})

/** What is answered to a request, sent as it is. */
async function answerTo(request: string): Promise<{ head: string; body: string }> {
  const socket = connect(dashboard.port, '127.0.0.1')
  socket.write(`${request}\r\nhost: a\r\nconnection: close\r\n\r\n`)
  const [head = '', body = ''] = (await buffer(socket)).toString().split('\r\n\r\n')
  return { head: head.toLowerCase(), body }
}

test('an address that cannot be read is an error like any other, with the headers of any other', async () => {
  for (const path of ['/%', '/api/%e0%a4%a']) {
    const { head, body } = await answerTo(`GET ${path} HTTP/1.1`)
    assert.match(head, /^http\/1.1 400 /)
    for (const header of [
      'content-security-policy',
      'x-content-type-options: nosniff',
      'cache-control: no-store',
    ])
      assert.ok(head.includes(header), `${path}: ${header}`)
    const { error, message, remedy } = JSON.parse(body) as Record<string, string>
    assert.equal(error, 'bad_request')
    assert.ok(message !== undefined && remedy !== undefined, body)
  }
})

test('nothing of the API is kept on its way, however its address is written', async () => {
  for (const path of ['/api/time', 'http://a/api/time', '/api/time?'])
    assert.match(
      (await answerTo(`GET ${path} HTTP/1.1`)).head,
      /^http\/1.1 200 [^]*cache-control: no-store/,
      path,
    )
})

test('the page comes with its script, style and icon, each of its type', async () => {
  const html = await (await fetch(address)).text()
  const files = [...html.matchAll(/(?:src|href)="(\/[^"]+\.[a-z]+)"/g)].map(([, path]) => path!)
  assert.deepEqual(files.toSorted(), ['/favicon.svg', '/first-paint.js', '/page.js', '/style.css'])
  const types = await Promise.all(
    files.map(async (file) => (await fetch(address + file)).headers.get('content-type')),
  )
  assert.deepEqual(types.toSorted(), [
    'image/svg+xml',
    'text/css; charset=utf-8',
    'text/javascript; charset=utf-8',
    'text/javascript; charset=utf-8',
  ])
})

test('the worker is served from the top, as a script of this page’s own', async () => {
  const { headers, status } = await fetch(`${address}/sw.js`)
  assert.equal(status, 200)
  assert.equal(headers.get('content-type'), 'text/javascript; charset=utf-8')
  assert.match(headers.get('content-security-policy') ?? '', /worker-src 'self'/)
})

test('a browser that has a file is told that it is still the same', async () => {
  const etag = (await fetch(`${address}/page.js`)).headers.get('etag')!
  const again = await fetch(`${address}/page.js`, { headers: { 'if-none-match': etag } })
  assert.equal(again.status, 304)
  const other = await fetch(`${address}/page.js`, { headers: { 'if-none-match': '"other"' } })
  assert.equal(other.status, 200)
})

test('the page is told what browsers subscribe with', async (t) => {
  const other = await startDashboard({ ...options(), vapidPublicKey: 'public' })
  t.after(() => other.stop())
  const config: unknown = await (await fetch(`http://127.0.0.1:${other.port}/api/config`)).json()
  assert.equal((config as { vapidPublicKey: string }).vapidPublicKey, 'public')
})

test('the page asks where the gateway is and what time it is', async () => {
  const config: unknown = await (await fetch(`${address}/api/config`)).json()
  assert.deepEqual(config, { gatewayUrl: 'ws://127.0.0.1:1/connection/websocket', vapidPublicKey: '' })
  const before = Date.now()
  const { now } = (await (await fetch(`${address}/api/time`)).json()) as { now: number }
  assert.ok(now >= before && now <= Date.now())
})

test('every view is the page, and all that it loads is at most 200 kB as gzip', async () => {
  const page = await (await fetch(address)).text()
  for (const path of Object.values(places)) assert.equal(await (await fetch(address + path)).text(), page)
  const parts = ['/', '/first-paint.js', '/page.js', '/style.css', '/favicon.svg'].map(async (path) =>
    gzipSync(await (await fetch(address + path)).bytes()),
  )
  const bytes = (await Promise.all(parts)).reduce((sum, { length }) => sum + length, 0)
  assert.ok(bytes <= 200_000, `${bytes} bytes`)
})
