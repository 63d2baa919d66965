import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { rowsFrom } from '../../../stack/clickhouse/rows-from.ts'
import { ClickHouseException, httpStatus } from '../../../stack/clickhouse/exception.ts'
import { answerFormat, readStatement } from '../../../stack/clickhouse/request.ts'

function statement(search: Record<string, string>, body = '', method = 'POST') {
  const request = Object.assign(Readable.from(body === '' ? [] : [Buffer.from(body)]), {
    url: `/?${new URLSearchParams(search).toString()}`,
    method,
    headers: {},
  })
  return readStatement(request as unknown as IncomingMessage, new AbortController().signal)
}

test('settings, parameters and what is the interface’s own are told apart', async () => {
  const read = await statement({
    query: 'SELECT 1',
    database: 'app',
    max_threads: '2',
    param_name: 'x',
    wait_end_of_query: '1',
    session_id: 's',
    session_timeout: '5',
  })
  assert.deepEqual(read.settings, { max_threads: '2' })
  assert.deepEqual(read.parameters, { name: 'x' })
  assert.deepEqual(read.session, { id: 's', timeout: 5 })
  assert.equal(read.database, 'app')
  assert.equal(read.readonly, false)
  assert.equal((await statement({ query: 'SELECT 1' }, '', 'GET')).readonly, true)
})

test('the body of an insert is its rows, that of any other statement its rest', async () => {
  const insert = '/* for the sink */ INSERT INTO t FORMAT RowBinary;'
  const rows = await statement({ query: insert }, 'rows')
  assert.equal(rows.sql, insert.slice(0, -1))
  assert.equal(Buffer.from(rows.data ?? []).toString(), 'rows')
  assert.equal((await statement({ query: 'SELECT 1' }, 'FORMAT CSV')).sql, 'SELECT 1\nFORMAT CSV')
})

test('an insert that waits for rows and gets none has none; one that brings its own is run', async () => {
  assert.equal((await statement({ query: 'INSERT INTO t FORMAT CSV' })).data?.length, 0)
  assert.equal((await statement({ query: 'INSERT INTO t VALUES' })).data?.length, 0)
  assert.equal((await statement({ query: 'INSERT INTO t VALUES (1)' })).data, undefined)
  assert.equal((await statement({ query: 'INSERT INTO t SELECT 1' })).data, undefined)
})

test('an insert names the file that its rows are in, behind its columns', () => {
  const from = (insert: string) => rowsFrom("/it's", insert)
  const file = "FROM INFILE '/it\\'s'"
  assert.equal(from('INSERT INTO t (a, b) FORMAT CSV'), `INSERT INTO t (a, b) ${file} FORMAT CSV`)
  assert.equal(from('insert into `format x` values'), `insert into \`format x\` ${file} FORMAT Values`)
  assert.equal(
    from('INSERT INTO t SETTINGS a = 1 FORMAT CSV'),
    `INSERT INTO t ${file} SETTINGS a = 1 FORMAT CSV`,
  )
  assert.throws(() => from("INSERT INTO t SELECT a FROM input('a Int8') FORMAT CSV"), /NOT_IMPLEMENTED/)
})

test('the format of the answer is the statement’s own, else the default', async () => {
  const format = async (query: string) => answerFormat(await statement({ query, default_format: 'JSON' }))
  assert.equal(await format('SELECT 1 FORMAT CSV'), 'CSV')
  assert.equal(await format('SELECT 1 format TSV settings max_threads = 1;'), 'TSV')
  assert.equal(await format("SELECT 'format CSV ' AS text"), 'JSON')
})

test('an error of the engine keeps its code, without the frame that a raw insert repeats', () => {
  const twice =
    'Code: 27. DB::Exception: Code: 27. DB::Exception: Cannot parse input. (CANNOT_PARSE) (version 26.7.2.1). (CANNOT_PARSE)'
  const exception = ClickHouseException.from(new Error(twice))
  assert.equal(exception.code, 27)
  assert.equal(exception.message, 'Code: 27. DB::Exception: Cannot parse input. (CANNOT_PARSE)')
  assert.equal(ClickHouseException.from(exception), exception)
  assert.equal(ClickHouseException.from('something else').code, 1002)
})

test('an exception has the status of its kind', () => {
  assert.deepEqual([62, 60, 164, 159, 241].map(httpStatus), [400, 404, 403, 408, 500])
})
