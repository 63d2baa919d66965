import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { type Dashboard, startDashboard } from '../../../dashboards/server/index.ts'
import { services } from '../../kit/services.ts'
import { testDatabase } from '../database.ts'

const log = pino({ level: 'silent' })
const host = '127.0.0.1'
const gatewayUrl = 'wss://gateway.example:8443/connection/websocket'

let database: Awaited<ReturnType<typeof testDatabase>>
let open: Dashboard
let closed: Dashboard

before(async () => {
  database = await testDatabase((await services()).clickhouseUrl)
  const options = { host, port: 0, clickhouse: database, k: 1, gatewayUrl, log }
  open = await startDashboard({ ...options, mintToken: async () => 'minted', metrics: new Registry() })
  closed = await startDashboard({ ...options, metrics: new Registry() })
})

after(async () => {
  await open.stop()
  await closed.stop()
  await database.drop()
})

/** Half of a pair, which `encodeURIComponent` refuses, as its bytes. */
const encodeName = (name: string) => (name.isWellFormed() ? encodeURIComponent(name) : '%ed%a0%80')

const get = ({ port }: Dashboard, path: string, init?: RequestInit) =>
  fetch(`http://${host}:${port}${path}`, init)

describe('parameters', () => {
  const hostile = [
    '0',
    '-1',
    '1.5',
    '60 OR 1=1',
    "60'); DROP TABLE plays; --",
    '1e3x',
    'Infinity',
    'NaN',
    '',
    '{"$gt":0}',
    '9'.repeat(400),
    '60\u0000',
  ]
  for (const [path, name, ...tooMuch] of [
    ['/api/plays-by-minute', 'minutes', '1441'],
    ['/api/cohort-retention', 'weeks', '65'],
    ...['plays-by-hour', 'plays-by-day', 'artist-by-hour', 'artist-by-day', 'me/plays'].flatMap((each) => [
      [`/api/${each}`, 'from', '2026-02-30', '2026-1-1', '+002026-01-01', '2026-01-01T00:00:00Z'] as const,
      [`/api/${each}`, 'to', '2026-13-01', "2026-01-01' OR 1=1"] as const,
    ]),
    ['/api/top-artists', 'period', 'year', "day' OR 1=1 --"],
    ['/api/top-artists', 'day', '2026-00-01', '2026-01-01,2026-01-02'],
  ] as const)
    for (const value of [...hostile, ...tooMuch]) {
      test(`${path}: ${name}=${JSON.stringify(value.slice(0, 30))} is refused`, async () => {
        const other = path.includes('artist-by-') ? '&artistId=a' : ''
        const response = await get(closed, `${path}?${name}=${encodeURIComponent(value)}${other}`)
        assert.equal(response.status, 400)
        const answer = (await response.json()) as { error: string; message: string; remedy: string }
        assert.equal(answer.error, 'bad_request')
        assert.match(answer.message, new RegExp(name))
      })
    }

  for (const [span, error] of [
    ['from=1900-01-01', 'too_many_days'],
    ['from=2026-01-01&to=2299-12-31', 'too_many_days'],
    ['from=2026-01-02&to=2026-01-01', 'no_days'],
    ['from=0001-01-01&to=0001-01-02', 'day_unknown'],
  ])
    for (const path of ['/api/plays-by-hour?', '/api/plays-by-day?', '/api/artist-by-hour?artistId=a&'])
      test(`${path}${span} is refused`, async () => {
        const response = await get(closed, `${path}${span}`)
        assert.equal(response.status, 400)
        assert.equal(((await response.json()) as { error: string }).error, error)
      })

  const names = [
    ...hostile.filter((each) => each !== '' && each.length <= 200),
    "' OR 1=1 --",
    "a') UNION ALL SELECT 1, 1, 1, 1 --",
    '{artistId: String}',
    "\\' OR 1=1 --",
    "\t\n\\N'",
    '); DROP TABLE plays; --',
    '\ud800',
  ]
  for (const name of names)
    test(`an artist of the name ${JSON.stringify(name)} has been played by nobody`, async () => {
      await database.insertPlays([Date.now()])
      const response = await get(closed, `/api/artist-by-hour?artistId=${encodeName(name)}`)
      assert.equal(response.status, 200)
      assert.deepEqual(((await response.json()) as { hours: unknown[] }).hours, [])
    })

  test('an artist without a name, or with too long a one, is refused', async () => {
    for (const name of ['', 'x'.repeat(201)])
      assert.equal((await get(closed, `/api/artist-by-hour?artistId=${name}`)).status, 400)
  })

  test('the same one twice, and one that is not known, are refused', async () => {
    assert.equal((await get(closed, '/api/plays-by-minute?minutes=1&minutes=2')).status, 400)
    assert.equal((await get(closed, '/api/plays-by-minute?sql=SELECT+1')).status, 400)
    for (const query of ['minutes=1', 'days=7'])
      assert.equal((await get(closed, `/api/click-through?${query}`)).status, 400)
  })

  test('after all that the table stands', async () => {
    assert.equal(await database.countPlays(), names.length)
  })
})

describe('tokens', () => {
  test('are made in development only; elsewhere the answer says where they come from', async () => {
    const response = await get(closed, '/api/token')
    assert.equal(response.status, 404)
    assert.match(((await response.json()) as { remedy: string }).remedy, /continuo token/)
  })

  test('are for the page itself, and kept by no cache', async () => {
    const response = await get(open, '/api/token', { headers: { 'sec-fetch-site': 'same-origin' } })
    assert.deepEqual(await response.json(), { token: 'minted' })
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.equal(response.headers.get('access-control-allow-origin'), null)
  })

  for (const site of ['cross-site', 'same-site'])
    test(`are not for a page that is ${site}`, async () => {
      const response = await get(open, '/api/token', { headers: { 'sec-fetch-site': site } })
      assert.equal(response.status, 403)
      assert.doesNotMatch(await response.text(), /minted/)
    })
})

describe('every answer', () => {
  for (const path of [
    '/',
    '/page.js',
    '/sw.js',
    '/api/config',
    '/api/token',
    '/nothing',
    '/%2e%2e/package.json',
  ])
    test(`${path} carries the headers that keep the page to itself`, async () => {
      const { headers } = await get(closed, path)
      const policy = headers.get('content-security-policy') ?? ''
      assert.match(policy, /default-src 'none'/)
      assert.match(policy, /frame-ancestors 'none'/)
      assert.match(policy, /connect-src 'self' wss:\/\/gateway\.example:8443(;|$)/)
      assert.doesNotMatch(policy, /unsafe|\*/)
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.equal(headers.get('referrer-policy'), 'no-referrer')
      assert.equal(headers.get('x-powered-by'), null)
    })

  test('that is an error is JSON with a remedy, and repeats nothing of the request', async () => {
    const response = await get(closed, '/<script>alert(1)</script>?user=someone')
    assert.equal(response.status, 404)
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
    const text = await response.text()
    assert.deepEqual(Object.keys(JSON.parse(text) as object), ['error', 'message', 'remedy'])
    assert.doesNotMatch(text, /script|someone/)
  })

  test('to a write is: there is nothing here', async () => {
    const body = JSON.stringify({ big: 'x'.repeat(10_000) })
    const headers = { 'content-type': 'application/json' }
    const response = await get(closed, '/api/config', { method: 'POST', headers, body })
    assert.ok(response.status === 404 || response.status === 413)
  })
})

test('an unexpected error shows nothing of its cause', async () => {
  const failing = await startDashboard({
    host,
    port: 0,
    clickhouse: database,
    k: 1,
    gatewayUrl,
    mintToken: () => Promise.reject(new Error('the key is hunter2')),
    log,
    metrics: new Registry(),
  })
  try {
    const response = await get(failing, '/api/token')
    assert.equal(response.status, 500)
    const text = await response.text()
    assert.doesNotMatch(text, /hunter2/)
    assert.match(text, /log/)
  } finally {
    await failing.stop()
  }
})
