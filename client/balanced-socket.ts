import type { Endpoint } from '../schemas/endpoints.ts'
import type { Clock } from './clock.ts'
import type { EndpointPool } from './pool.ts'

export interface SocketSurroundings {
  pool: EndpointPool
  clock: Clock
  /** Milliseconds for one node to take the connection. */
  connectWithin: number
  /** Milliseconds between two looks whether the node is still there; 0: none. */
  watchEvery: number
  WebSocket: typeof globalThis.WebSocket
}

/** Why it closed: what those who reconnect look at. */
export interface Closed {
  code: number
  reason: string
  wasClean: boolean
}

/** A connection that ended without a close frame. */
const ABNORMAL = 1006
/** The node stops. */
const SHUTDOWN = 3001

/**
 * A WebSocket to whichever node takes it: the part of the interface that the `centrifuge` client uses. It tries the
 * nodes that the pool offers, each once, and closes if none takes it.
 */
export class BalancedSocket {
  onopen: ((event: Event) => void) | null = null
  onmessage: ((event: MessageEvent) => void) | null = null
  onerror: ((event: Event) => void) | null = null
  onclose: ((event: Closed) => void) | null = null
  binaryType: BinaryType = 'blob'
  readonly #around: SocketSurroundings
  readonly #protocols: string | string[] | undefined
  #socket: WebSocket | undefined
  #isClosed = false
  #stopWatching: (() => void) | undefined

  constructor(around: SocketSurroundings, protocols?: string | string[]) {
    this.#around = around
    this.#protocols = protocols
    void this.#open()
  }

  get readyState(): number {
    const { WebSocket } = this.#around
    if (this.#isClosed) return WebSocket.CLOSED
    return this.#socket?.readyState === WebSocket.OPEN ? WebSocket.OPEN : WebSocket.CONNECTING
  }

  send(data: Parameters<WebSocket['send']>[0]): void {
    this.#socket?.send(data)
  }

  close(code = 1000, reason = ''): void {
    this.#socket?.close(code, reason)
    // As of any socket, its end is told after this call.
    queueMicrotask(() => this.#end({ code, reason, wasClean: true }))
  }

  async #open(): Promise<void> {
    const tried = new Set<string>()
    while (!this.#isClosed) {
      const endpoint = await this.#around.pool.next(tried)
      if (endpoint === undefined) {
        this.#end({ code: ABNORMAL, reason: 'no node takes the connection', wasClean: false })
        return
      }
      tried.add(endpoint.id)
      if (await this.#connect(endpoint)) return
    }
  }

  /** Whether the node has taken the connection; what comes of it is told from here on. */
  #connect(endpoint: Endpoint): Promise<boolean> {
    const { pool, clock, connectWithin } = this.#around
    if (this.#isClosed) return Promise.resolve(true)
    const socket = this.#socketTo(endpoint)
    if (socket === undefined) {
      pool.failed(endpoint)
      return Promise.resolve(false)
    }
    socket.binaryType = this.binaryType
    this.#socket = socket
    return new Promise((resolve) => {
      const refused = () => {
        cancel()
        abandon(socket)
        if (!this.#isClosed) pool.failed(endpoint)
        resolve(this.#isClosed)
      }
      const cancel = clock.after(connectWithin, refused)
      socket.onerror = refused
      socket.onclose = refused
      socket.onopen = (event) => {
        cancel()
        this.#opened(socket, endpoint, event)
        resolve(true)
      }
    })
  }

  /** Undefined if the page may not connect there: by ws:// from a page of https://, for one. */
  #socketTo({ url }: Endpoint): WebSocket | undefined {
    try {
      return new this.#around.WebSocket(url, this.#protocols)
    } catch {
      return undefined
    }
  }

  #opened(socket: WebSocket, endpoint: Endpoint, event: Event): void {
    const { pool } = this.#around
    let hasWorked = false
    socket.onmessage = (message) => {
      if (!hasWorked) pool.worked(endpoint)
      hasWorked = true
      this.onmessage?.(message)
    }
    socket.onerror = (error) => this.onerror?.(error)
    socket.onclose = ({ code, reason, wasClean }) => {
      if (code === ABNORMAL || code === SHUTDOWN) pool.failed(endpoint)
      this.#end({ code, reason, wasClean })
    }
    this.#watch(endpoint)
    this.onopen?.(event)
  }

  /** Leaves a node that does not answer any more: its machine may be gone without a word. */
  #watch(endpoint: Endpoint): void {
    const { pool, clock, watchEvery } = this.#around
    if (watchEvery === 0) return
    this.#stopWatching = clock.after(watchEvery, () => {
      void pool.answers(endpoint).then((answers) => {
        if (this.#isClosed) return
        if (answers) {
          this.#watch(endpoint)
          return
        }
        pool.failed(endpoint)
        abandon(this.#socket!)
        this.#end({ code: ABNORMAL, reason: 'the node does not answer', wasClean: false })
      })
    })
  }

  #end(closed: Closed): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stopWatching?.()
    this.onclose?.(closed)
  }
}

function abandon(socket: WebSocket): void {
  socket.onopen = socket.onmessage = socket.onclose = null
  // One of the package `ws` that is closed while it opens fails later on, which would end a process where nobody listens.
  socket.onerror = () => undefined
  socket.close()
}
