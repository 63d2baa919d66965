import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import pLimit from 'p-limit'
import type { Binding, Connection, InsertOutcome } from './binding.ts'
import { ClickHouseException } from './exception.ts'
import { literal } from './literal.ts'
import { rowsFrom } from './rows-from.ts'
import { Sessions } from './sessions.ts'

/** One statement to run, with all that comes with it. */
export interface Statement {
  sql: string
  /** Rows to insert, in the format that the SQL names; their bytes are not looked at. */
  data?: Uint8Array
  /** The format of the answer where the SQL names none. */
  format: string
  database?: string
  settings: Record<string, string>
  /** Values of `{name:Type}` in the SQL, escaped as in TSV. */
  parameters: Record<string, string>
  /** Keeps the connection, with its temporary tables, for the next statement of the same session. */
  session?: { id: string; timeout: number }
  readonly?: boolean
  /** Ends the statement by KILL QUERY. */
  signal: AbortSignal
}

export interface Outcome {
  bytes: Uint8Array
  readRows: number
  readBytes: number
  writtenRows: number
  writtenBytes: number
  /** Seconds. */
  elapsed: number
}

/** More connections at once gain nothing on the engine's shared threads and cost memory. */
const concurrency = 8
const NOTHING = new Uint8Array()

/**
 * The embedded engine on one folder. A statement has a connection of its own (0.5 ms to open), so that settings and
 * parameters of one never reach another; statements of a session share one.
 */
export class Engine {
  readonly #binding: Binding
  readonly #folder: string
  /** Rows of inserts under way, a file each. */
  readonly #rows: string
  readonly #inTurn = pLimit(concurrency)
  readonly #sessions: Sessions
  // Holds the engine up while no statement runs, and kills those that are to end.
  readonly #control: Connection

  constructor(binding: Binding, folder: string) {
    this.#binding = binding
    this.#folder = folder
    mkdirSync(dirname(folder), { recursive: true })
    // Fails where another process has the folder, whose rows are none of ours.
    this.#control = binding.CreateConnection(folder)
    this.#rows = `${folder}-rows`
    rmSync(this.#rows, { recursive: true, force: true })
    mkdirSync(this.#rows)
    this.#sessions = new Sessions(binding, folder)
  }

  /** @throws ClickHouseException */
  run(statement: Statement): Promise<Outcome> {
    return this.#inTurn(async () => {
      try {
        statement.signal.throwIfAborted()
        return await (statement.session
          ? this.#sessions.use(statement.session, (connection) => this.#runOn(connection, statement))
          : this.#runAlone(statement))
      } catch (error) {
        throw ClickHouseException.from(error)
      }
    })
  }

  /** Ends all, once no statement runs any more. */
  close(): void {
    this.#sessions.close()
    this.#binding.CloseConnection(this.#control)
  }

  async #runAlone(statement: Statement): Promise<Outcome> {
    const connection = this.#binding.CreateConnection(this.#folder)
    try {
      return await this.#runOn(connection, statement)
    } finally {
      this.#binding.CloseConnection(connection)
    }
  }

  async #runOn(connection: Connection, statement: Statement): Promise<Outcome> {
    const query = (sql: string) => this.#binding.QueryAsyncConnection(connection, sql, statement.format)
    if (statement.database !== undefined) await query(`USE ${identifier(statement.database)}`)
    const settings = Object.keys(statement.settings)
    const set = assignments(statement)
    if (set.length > 0) await query(`SET ${set.join(', ')}`)
    // KILL QUERY finds the statement by this mark, since the engine gives it a query id of its own.
    const mark = `/* ${randomUUID()} */`
    const kill = () => void this.#kill(mark)
    statement.signal.addEventListener('abort', kill)
    try {
      statement.signal.throwIfAborted()
      return await this.#execute(connection, `${mark} ${statement.sql}`, statement)
    } finally {
      statement.signal.removeEventListener('abort', kill)
      if (statement.session && settings.length > 0)
        await query(`SET ${settings.map((name) => `${identifier(name)} = DEFAULT`).join(', ')}`)
    }
  }

  async #execute(connection: Connection, sql: string, { data, format }: Statement): Promise<Outcome> {
    if (data) {
      const { elapsed, rowsWritten, bytesWritten } = await this.#insert(connection, sql, data)
      const written = { writtenRows: rowsWritten, writtenBytes: bytesWritten }
      return { bytes: new Uint8Array(), readRows: 0, readBytes: 0, ...written, elapsed }
    }
    const { bytes, elapsed, rowsRead, bytesRead } = await this.#binding.QueryAsyncConnection(
      connection,
      sql,
      format,
    )
    return { bytes, readRows: rowsRead, readBytes: bytesRead, writtenRows: 0, writtenBytes: 0, elapsed }
  }

  /** Rows that came behind the statement would end at their first empty line, so they come by a file. */
  async #insert(connection: Connection, sql: string, rows: Uint8Array): Promise<InsertOutcome> {
    const file = join(this.#rows, randomUUID())
    await writeFile(file, rows)
    try {
      return await this.#binding.InsertRawAsyncConnection(connection, rowsFrom(file, sql), NOTHING, false)
    } finally {
      await rm(file)
    }
  }

  async #kill(mark: string): Promise<void> {
    const kill = `KILL QUERY WHERE startsWith(query, ${literal(mark)}) ASYNC FORMAT Null`
    await this.#binding.QueryAsyncConnection(this.#control, kill, 'Null')
  }
}

function assignments({ settings, parameters, readonly }: Statement): string[] {
  return [
    ...Object.entries(settings).map(([name, value]) => `${identifier(name)} = ${literal(value)}`),
    ...Object.entries(parameters).map(
      ([name, value]) => `${identifier(`param_${name}`)} = ${literal(value)}`,
    ),
    // Last, since it forbids further settings; 2 is what ClickHouse gives a GET request.
    ...(readonly ? ['readonly = 2'] : []),
  ]
}

function identifier(name: string): string {
  if (/^\w+$/.test(name)) return `\`${name}\``
  throw ClickHouseException.of(36, 'BAD_ARGUMENTS', `Not a name: ${JSON.stringify(name)}`)
}
