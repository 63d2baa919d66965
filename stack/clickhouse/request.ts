import type { IncomingMessage } from 'node:http'
import { readBody } from './body.ts'
import type { Statement } from './engine.ts'
import { ClickHouseException } from './exception.ts'

/** Parameters of the URL that belong to the HTTP interface; all others are settings of the statement. */
const ofTheInterface = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'session_id',
  'session_timeout',
  'session_check',
  'user',
  'password',
  'quota_key',
  'role',
  'compress',
  'decompress',
  'enable_http_compression',
  'buffer_size',
  'wait_end_of_query',
  'client_protocol_version',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'http_zlib_compression_level',
  'add_http_cors_header',
  'cancel_http_readonly_queries_on_client_close',
])

const parameterPrefix = 'param_'
const defaultSessionTimeout = 60

/** Reads a request of ClickHouse's HTTP interface: the statement in the body, or in `query` with its rows in the body. */
export async function readStatement(request: IncomingMessage, signal: AbortSignal): Promise<Statement> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const body = await readBody(request)
  const inUrl = url.searchParams.get('query')?.trim() ?? ''
  const statement = { ...fromUrl(url.searchParams), readonly: request.method === 'GET', signal }
  if (inUrl === '') return { ...statement, sql: required(body.toString().trim()) }
  if (body.length === 0) return { ...statement, sql: inUrl, ...(takesRows(inUrl) ? { data: body } : {}) }
  if (takesRows(inUrl)) return { ...statement, sql: inUrl.replace(/;$/, ''), data: body }
  return { ...statement, sql: `${inUrl}\n${body.toString()}` }
}

/** The format of the answer: the one that the SQL names at its end, else the request's default. */
export function answerFormat({ sql, format }: Statement): string {
  return /\bformat\s+(\w+)\s*(?:settings\b[^]*)?;?\s*$/i.exec(sql)?.[1] ?? format
}

function fromUrl(search: URLSearchParams): Omit<Statement, 'sql' | 'signal'> {
  const entries = [...search]
  const sessionId = search.get('session_id')
  return {
    format: search.get('default_format') ?? 'TabSeparated',
    database: search.get('database') ?? undefined,
    settings: Object.fromEntries(
      entries.filter(([name]) => !ofTheInterface.has(name) && !name.startsWith(parameterPrefix)),
    ),
    parameters: Object.fromEntries(
      entries
        .filter(([name]) => name.startsWith(parameterPrefix))
        .map(([name, value]) => [name.slice(parameterPrefix.length), value]),
    ),
    session: sessionId
      ? { id: sessionId, timeout: Number(search.get('session_timeout') ?? defaultSessionTimeout) }
      : undefined,
  }
}

function isInsert(sql: string): boolean {
  return /^(?:\s|--.*\n|\/\*[^]*?\*\/)*insert\b/i.test(sql)
}

/** Whether the rows of an insert are still to come, rather than selected or written out in the SQL. */
function takesRows(sql: string): boolean {
  return isInsert(sql) && /\b(?:format\s+\w+|values)\s*;?\s*$/i.test(sql)
}

function required(sql: string): string {
  if (sql === '') throw ClickHouseException.of(62, 'SYNTAX_ERROR', 'Empty query')
  return sql
}
