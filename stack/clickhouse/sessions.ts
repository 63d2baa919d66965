import type { Binding, Connection } from './binding.ts'
import { ClickHouseException } from './exception.ts'

interface Session {
  connection: Connection
  busy: boolean
  expiry?: NodeJS.Timeout
}

/** Connections that outlive a request, by session id, until nobody has used them for their time-out. */
export class Sessions {
  readonly #binding: Binding
  readonly #folder: string
  readonly #sessions = new Map<string, Session>()

  constructor(binding: Binding, folder: string) {
    this.#binding = binding
    this.#folder = folder
  }

  /**
   * Runs `work` on the session's connection; `timeout` is in seconds.
   * @throws ClickHouseException SESSION_IS_LOCKED while another request uses it
   */
  async use<T>(
    { id, timeout }: { id: string; timeout: number },
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const session = this.#sessions.get(id) ?? this.#open(id)
    if (session.busy)
      throw ClickHouseException.of(373, 'SESSION_IS_LOCKED', `Session ${id} is locked by a concurrent client`)
    clearTimeout(session.expiry)
    session.busy = true
    try {
      return await work(session.connection)
    } finally {
      session.busy = false
      session.expiry = setTimeout(() => {
        this.#end(id, session)
      }, timeout * 1000).unref()
    }
  }

  close(): void {
    for (const [id, session] of this.#sessions) this.#end(id, session)
  }

  #open(id: string): Session {
    const session = { connection: this.#binding.CreateConnection(this.#folder), busy: false }
    this.#sessions.set(id, session)
    return session
  }

  #end(id: string, session: Session): void {
    clearTimeout(session.expiry)
    this.#sessions.delete(id)
    this.#binding.CloseConnection(session.connection)
  }
}
