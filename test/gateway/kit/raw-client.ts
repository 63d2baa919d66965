import type { TestContext } from 'node:test'
import { until } from '../../kit/until.ts'
import { tokenOf } from './gateway.ts'

export interface Reply {
  id?: number
  error?: { code: number; message: string; temporary?: boolean }
  connect?: {
    client: string
    expires: boolean
    ttl: number
    ping: number
    pong: boolean
    data: { listener: string }
    subs?: Record<string, { offset: number }>
  }
  subscribe?: {
    epoch: string
    offset: number
    recovered?: boolean
    publications?: { offset: number }[]
    expires?: boolean
    ttl?: number
  }
  refresh?: { ttl: number }
  sub_refresh?: { expires: boolean; ttl: number }
  history?: { epoch: string; offset: number; publications: { offset: number; data: unknown }[] }
  presence?: { presence: Record<string, { client: string; user: string }> }
  presence_stats?: { num_clients: number; num_users: number }
  push?: {
    channel: string
    pub?: { offset: number; data: unknown }
    unsubscribe?: { code: number; reason: string }
  }
}

/** Speaks the protocol by hand, well or badly. */
export interface RawClient {
  frames: Reply[]
  closed: { code: number; reason: string } | undefined
  opened: boolean
  send(...commands: unknown[]): void
  /** Sends a frame as it is. */
  sendText(frame: string | Uint8Array<ArrayBuffer>): void
  reply(id: number): Promise<Reply>
  connect(sub?: string): Promise<Reply>
  close(): void
}

export interface RawClientOptions {
  headers?: Record<string, string>
}

/** Resolves when the socket is open, or closed again. */
export async function rawClient(
  t: TestContext,
  url: string,
  options: RawClientOptions = {},
): Promise<RawClient> {
  // Node's WebSocket takes headers; the type is the browser's, which must not.
  const socket = new WebSocket(url, options as unknown as string[])
  const client: RawClient = {
    frames: [],
    closed: undefined,
    opened: false,
    send: (...commands) => socket.send(commands.map((command) => JSON.stringify(command)).join('\n')),
    sendText: (frame) => socket.send(frame),
    reply: (id) =>
      until(() => client.frames.find((frame) => frame.id === id), { what: `the reply to command ${id}` }),
    async connect(sub) {
      client.send({ id: 1, connect: { token: await tokenOf(sub) } })
      return client.reply(1)
    },
    close: () => socket.close(),
  }
  socket.addEventListener('open', () => (client.opened = true))
  socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
    for (const line of data.split('\n')) client.frames.push(JSON.parse(line) as Reply)
  })
  socket.addEventListener('close', ({ code, reason }) => (client.closed = { code, reason }))
  t.after(() => socket.close())
  await until(() => client.opened || client.closed, { what: 'the socket to open' })
  return client
}
