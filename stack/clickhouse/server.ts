import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { encode } from './body.ts'
import type { Engine, Outcome, Statement } from './engine.ts'
import { ClickHouseException, httpStatus } from './exception.ts'
import { answerFormat, readStatement } from './request.ts'

/**
 * ClickHouse's HTTP interface before the embedded engine: as much of it as clients use over a URL. Answers are sent when
 * they are complete, so an error always has a status and a code of its own. There are no users: it serves this machine only.
 */
export function createClickHouseServer(engine: Engine): Server {
  const server = createServer((request, response) => {
    void answer(engine, request, response)
  })
  // Longer than clients keep an idle connection, so that they never send on one that is being closed.
  server.keepAliveTimeout = 30_000
  return server
}

async function answer(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const search = new URL(request.url ?? '/', 'http://localhost').searchParams
  response.setHeader('X-ClickHouse-Query-Id', search.get('query_id') ?? randomUUID())
  const gone = new AbortController()
  response.once('close', () => {
    gone.abort(ClickHouseException.of(394, 'QUERY_WAS_CANCELLED', 'The client has gone'))
  })
  try {
    refuseForeignPages(request)
    if (isPing(request)) return void response.end('Ok.\n')
    const statement = await readStatement(request, gone.signal)
    const outcome = await runStatement(engine, statement)
    const accepted = search.get('enable_http_compression') === '1' ? request.headers['accept-encoding'] : ''
    await send(response, statement, outcome, accepted ?? '')
  } catch (error) {
    refuse(response, ClickHouseException.from(error))
  }
}

async function runStatement(engine: Engine, statement: Statement): Promise<Outcome> {
  // The engine calls an insert without rows an error; over HTTP it is none.
  if (statement.data?.length === 0)
    return { bytes: statement.data, readRows: 0, readBytes: 0, writtenRows: 0, writtenBytes: 0, elapsed: 0 }
  return engine.run(statement)
}

async function send(
  response: ServerResponse,
  statement: Statement,
  outcome: Outcome,
  acceptEncoding: string,
): Promise<void> {
  const format = answerFormat(statement)
  const { bytes, encoding } = await encode(outcome.bytes, acceptEncoding)
  response.setHeader('Content-Type', contentType(format))
  response.setHeader('X-ClickHouse-Format', format)
  response.setHeader('X-ClickHouse-Summary', summary(outcome))
  response.setHeader('X-ClickHouse-Timezone', Intl.DateTimeFormat().resolvedOptions().timeZone)
  if (encoding !== undefined) response.setHeader('Content-Encoding', encoding)
  response.end(bytes)
}

function refuse(response: ServerResponse, exception: ClickHouseException): void {
  if (response.destroyed) return
  response.statusCode = httpStatus(exception.code)
  response.setHeader('X-ClickHouse-Exception-Code', exception.code)
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  response.end(`${exception.message}\n`)
}

function isPing(request: IncomingMessage): boolean {
  return request.method === 'GET' && (request.url === '/' || request.url?.startsWith('/ping') === true)
}

// Without users any web page that a developer visits could send statements to 127.0.0.1: browsers name the page's
// origin, and a page that has rebound its own name to this address still sends that name as the host.
function refuseForeignPages(request: IncomingMessage): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '')
  if (request.headers.origin === undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(host)) return
  throw ClickHouseException.of(497, 'ACCESS_DENIED', 'Requests of web pages and of other hosts are refused')
}

function contentType(format: string): string {
  if (format.startsWith('JSONEachRow') || /^JSON\w*EachRow/.test(format))
    return 'application/x-ndjson; charset=UTF-8'
  if (format.startsWith('JSON')) return 'application/json; charset=UTF-8'
  if (format.startsWith('CSV')) return 'text/csv; charset=UTF-8'
  if (format.startsWith('TabSeparated') || format.startsWith('TSV'))
    return 'text/tab-separated-values; charset=UTF-8'
  return 'application/octet-stream'
}

function summary(outcome: Outcome): string {
  return JSON.stringify({
    read_rows: String(outcome.readRows),
    read_bytes: String(outcome.readBytes),
    written_rows: String(outcome.writtenRows),
    written_bytes: String(outcome.writtenBytes),
    total_rows_to_read: '0',
    result_rows: String(outcome.writtenRows),
    result_bytes: String(outcome.bytes.length),
    elapsed_ns: String(Math.round(outcome.elapsed * 1e9)),
  })
}
