import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { TestGateway } from './gateway.ts'

export interface UpgradeAnswer {
  status: number
  retryAfter: string | undefined
  /** Of a socket that was opened. */
  socket: Socket | undefined
}

/** Asks for a WebSocket, with these headers besides. */
export function upgrade(
  t: TestContext,
  { port }: Pick<TestGateway, 'port'>,
  headers: Record<string, string | string[]> = {},
): Promise<UpgradeAnswer> {
  const handshake = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
    ...headers,
  }
  const answer = ({ statusCode, headers: answered }: IncomingMessage, socket?: Socket): UpgradeAnswer => ({
    status: statusCode!,
    retryAfter: answered['retry-after'],
    socket,
  })
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/connection/websocket', headers: handshake })
      .on('response', (response) => {
        response.resume()
        resolve(answer(response))
      })
      .on('upgrade', (response, socket) => {
        t.after(() => socket.destroy())
        resolve(answer(response, socket))
      })
      .on('error', reject)
      .end()
  })
}
