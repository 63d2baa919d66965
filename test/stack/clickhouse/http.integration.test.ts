import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { request, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync, zstdDecompressSync } from 'node:zlib'
import { startStack, type Stack } from '../../../stack/index.ts'

let dataDir: string
let stack: Stack

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'continuo-clickhouse-'))
  stack = await startStack({ dataDir, only: ['clickhouse'], ports: { clickhouse: 0 }, progress: () => {} })
})

after(async () => {
  await stack.stop()
  await rm(dataDir, { recursive: true })
})

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** A request with headers that fetch would not let one set. */
function ask(
  search: Record<string, string>,
  {
    method = 'POST',
    body = '',
    headers = {},
  }: { method?: string; body?: string | Buffer; headers?: object } = {},
): Promise<Answer> {
  const url = new URL(`/?${new URLSearchParams(search).toString()}`, stack.urls.clickhouseUrl)
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...headers } }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) })
      })
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

async function text(...args: Parameters<typeof ask>): Promise<string> {
  return (await ask(...args)).body.toString()
}

test('a statement may stand in the URL, in the body, or begin in one and end in the other', async () => {
  assert.equal(await text({ query: 'SELECT 1' }), '1\n')
  assert.equal(await text({}, { body: 'SELECT 2' }), '2\n')
  assert.equal(await text({ query: 'SELECT' }, { body: '3' }), '3\n')
})

test('the default format holds where the statement names none', async () => {
  const search = { default_format: 'JSONCompactEachRow' }
  const answer = await ask(search, { body: 'SELECT 1, 2' })
  assert.equal(answer.body.toString(), '[1, 2]\n')
  assert.equal(answer.headers['x-clickhouse-format'], 'JSONCompactEachRow')
  assert.match(answer.headers['content-type'] ?? '', /ndjson/)
  assert.equal(await text(search, { body: 'SELECT 1, 2 FORMAT CSV' }), '1,2\n')
})

test('a GET request may read only', async () => {
  assert.equal(await text({ query: 'SELECT 1' }, { method: 'GET' }), '1\n')
  const refused = await ask({ query: 'CREATE DATABASE other' }, { method: 'GET' })
  assert.equal(refused.headers['x-clickhouse-exception-code'], '164')
})

test('web pages and foreign host names are refused', async () => {
  for (const headers of [{ origin: 'https://evil.example' }, { host: 'evil.example:8123' }]) {
    const { status, body } = await ask({ query: 'SELECT 1' }, { headers })
    assert.equal(status, 403)
    assert.match(body.toString(), /ACCESS_DENIED/)
  }
})

test('the database of the URL is the one that names are looked up in', async () => {
  await ask({}, { body: 'CREATE DATABASE shop' })
  await ask({ database: 'shop' }, { body: 'CREATE TABLE t (n UInt8) ENGINE = Memory' })
  assert.equal(await text({}, { body: "SELECT name FROM system.tables WHERE database = 'shop'" }), 't\n')
  assert.equal((await ask({ database: 'nowhere' }, { body: 'SELECT 1' })).status, 404)
  assert.equal((await ask({ database: 'no`name' }, { body: 'SELECT 1' })).status, 400)
})

test('binary rows are inserted byte by byte', async () => {
  await ask({}, { body: 'CREATE TABLE bytes (s String) ENGINE = Memory' })
  const body = Buffer.from([3, 0, 10, 255, 2, 13, 10])
  const { headers } = await ask({ query: 'INSERT INTO bytes FORMAT RowBinary;' }, { body })
  assert.equal(
    (JSON.parse(headers['x-clickhouse-summary'] as string) as { written_rows: string }).written_rows,
    '2',
  )
  const answer = await ask({}, { body: 'SELECT s FROM bytes ORDER BY length(s) DESC FORMAT RowBinary' })
  assert.deepEqual(answer.body, body)
})

test('rows with empty lines, zeros and quotes in their bytes are all inserted, in each format', async () => {
  await ask({}, { body: 'CREATE TABLE texts (id UInt32, s String) ENGINE = Memory' })
  const texts = ['a', 'x\n\ny', '\r\n\r\n', '\0\n\n\0', `it's "so"; --\\`, '\n\n', '\n'.repeat(10), 'last']
  const ids = texts.map((_, id) => id + 2570 * 65_537)
  const binary = ids.flatMap((id, at) => [u32(id), Buffer.from([texts[at]!.length]), Buffer.from(texts[at]!)])
  const json = ids.flatMap((id, at) => [JSON.stringify({ id, s: texts[at] }), '\n\n'])
  const escaped = texts.map((each) => each.replaceAll('\\', '\\\\').replaceAll("'", "\\'"))
  const values = ids.map((id, at) => `(${id}, '${escaped[at]}')`)
  for (const [insert, body] of [
    ['INSERT INTO texts (id, s) FORMAT RowBinary', Buffer.concat(binary)],
    ['insert into texts(id, s) settings async_insert = 0\nformat JSONEachRow', json.join('')],
    ['INSERT INTO texts VALUES', values.join(',\n\n')],
  ] as const) {
    const { status, headers } = await ask({ query: insert }, { body })
    assert.equal(status, 200, insert)
    assert.match(headers['x-clickhouse-summary'] as string, /"written_rows":"8"/)
    const found = await text({}, { body: 'SELECT id, s FROM texts ORDER BY id FORMAT JSONCompactEachRow' })
    const rows = found
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    assert.deepEqual(
      rows,
      ids.map((id, at) => [id, texts[at]]),
      insert,
    )
    await ask({}, { body: 'TRUNCATE TABLE texts' })
  }
})

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

test('a compressed body is read, an answer compressed when asked for', async () => {
  const sent = {
    body: gzipSync('SELECT 42'),
    headers: { 'content-encoding': 'gzip', 'accept-encoding': 'zstd, gzip' },
  }
  const answer = await ask({ enable_http_compression: '1' }, sent)
  assert.equal(answer.headers['content-encoding'], 'zstd')
  assert.equal(zstdDecompressSync(answer.body).toString(), '42\n')
  assert.equal((await ask({}, sent)).headers['content-encoding'], undefined)
})

test('a body that cannot be read is refused by name', async () => {
  const unknown = await ask({}, { body: 'x', headers: { 'content-encoding': 'lz4' } })
  assert.match(unknown.body.toString(), /lz4 is not supported here, only gzip/)
  const broken = await ask({}, { body: 'x', headers: { 'content-encoding': 'gzip' } })
  assert.match(broken.body.toString(), /not gzip/)
  assert.match(await text({}), /SYNTAX_ERROR/)
})
