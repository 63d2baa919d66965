import { once } from 'node:events'
import { type IncomingMessage, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

export interface StubRequest {
  /** `GET /schemas/ids/7` */
  what: string
  body: string
  authorization: string | undefined
}

export interface StubAnswer {
  status: number
  body: unknown
  /** Sent as it is, in place of a body in JSON. */
  html?: string
}

export interface RegistryStub {
  url: string
  requests: StubRequest[]
}

/**
 * A registry whose every answer the test gives; `undefined` drops the connection.
 * @param port a port of its own by default
 */
export async function registryStub(
  t: TestContext,
  answer: (request: StubRequest) => StubAnswer | undefined,
  port = 0,
): Promise<RegistryStub> {
  const requests: StubRequest[] = []
  async function take(request: IncomingMessage): Promise<StubAnswer | undefined> {
    const { method = '', url = '', headers } = request
    const seen = {
      what: `${method} ${url}`,
      body: await text(request),
      authorization: headers.authorization,
    }
    requests.push(seen)
    return answer(seen)
  }
  const server = createServer((request, response) => {
    void take(request).then((given) => {
      if (given === undefined) request.socket.destroy()
      else
        response
          .writeHead(given.status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
          .end(given.html ?? JSON.stringify(given.body))
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
