import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

/** Decides what becomes of an insert under a token; `forward` lets ClickHouse do it, under further settings (`a=1&b=2`). Answering nothing hangs up. */
export type OnInsert = (
  forward: (settings?: string) => Promise<Answer>,
  token: string,
) => Promise<Answer | undefined>

/** Stands before ClickHouse, so that a test can stop, lose or hold exactly the insert that it is about. */
export async function clickhouseProxy(target: string) {
  let onInsert: OnInsert = (forward) => forward()
  let away = false
  let cut: { after: number; lands: boolean } | undefined

  const server = createServer((incoming, outgoing) => {
    if (away) incoming.socket.destroy()
    else void serve(incoming, outgoing).catch(() => outgoing.destroy())
  })

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await buffer(incoming)
    const url = new URL(incoming.url ?? '/', target)
    const forward = (settings = '') => {
      for (const [name, value] of new URLSearchParams(settings)) url.searchParams.set(name, value)
      return send(url, incoming, body)
    }
    if (cut !== undefined && --cut.after <= 0) {
      if (cut.after === 0 && cut.lands) await forward()
      incoming.socket.destroy()
      return
    }
    const isInsert = /^\s*INSERT INTO/i.test(url.searchParams.get('query') ?? '')
    const token = url.searchParams.get('insert_deduplication_token') ?? ''
    const answer = isInsert ? await onInsert(forward, token) : await forward()
    if (answer === undefined) incoming.socket.destroy()
    else outgoing.writeHead(answer.status, answer.headers).end(answer.body)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,

    /** What happens to the inserts from now on. */
    onInsert(decide: OnInsert): void {
      onInsert = decide
    },

    /** Takes ClickHouse away, or brings it back. */
    setAway(value: boolean): void {
      away = value
      if (away) server.closeAllConnections()
    },

    /** Hangs up at the nth request from now on, done or not, and at all that follow, as if who sends them had been killed. */
    cutAt(nth: number, lands: boolean): void {
      cut = { after: nth, lands }
    },

    close(): void {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function send(url: URL, { method, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  const upstream = request(url, { method, headers: framed(headers, body) })
  upstream.end(body)
  const [response] = (await once(upstream, 'response')) as [IncomingMessage]
  const answer = await buffer(response)
  return { status: response.statusCode ?? 502, headers: framed(response.headers, answer), body: answer }
}

/** The body goes on in one piece, however it came. */
function framed(headers: IncomingMessage['headers'], body: Buffer): IncomingMessage['headers'] {
  const { 'transfer-encoding': _, ...kept } = headers
  return { ...kept, 'content-length': String(body.length) }
}
