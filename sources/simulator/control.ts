import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Simulator } from './simulator.ts'

export interface ControlOptions {
  simulator: Pick<Simulator, 'playsPerSecond' | 'setRate' | 'counts'>
  host: string
  /** 0 takes any free one. */
  port: number
}

export interface Control {
  readonly port: number
  stop(): Promise<void>
}

const MAX_BODY = 256

/**
 * Lets the rate be changed while plays flow:
 *
 *     curl -X PUT localhost:9106/rate -d 2000
 *
 * `PUT /rate` takes plays per second as plain text; `GET /rate` and `GET /counts` answer JSON.
 */
export async function startControl({ simulator, host, port }: ControlOptions): Promise<Control> {
  const server = createServer((request, response) => {
    answer(simulator, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? portInUse(port, error) : error),
    )
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function portInUse(port: number, cause: Error): Error {
  return new Error(
    `Port ${port}, on which the simulator's rate is set, is in use: give another one with --control-port`,
    {
      cause,
    },
  )
}

async function answer(
  simulator: ControlOptions['simulator'],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const json = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
  const rate = () => ({ playsPerSecond: simulator.playsPerSecond })

  switch (`${request.method ?? ''} ${request.url ?? ''}`) {
    case 'GET /rate':
      json(200, rate())
      return
    case 'GET /counts':
      json(200, simulator.counts())
      return
    case 'PUT /rate':
      try {
        simulator.setRate(numberIn(await shortBody(request)))
        json(200, rate())
      } catch (error) {
        json(400, { error: (error as Error).message })
      }
      return
    default:
      json(404, { error: 'try GET /rate, PUT /rate or GET /counts' })
  }
}

async function shortBody(request: IncomingMessage): Promise<string> {
  let text = ''
  // Kept open after a refusal: the answer still has to go out on the same socket.
  const chunks = request.setEncoding('utf8').iterator({ destroyOnReturn: false }) as AsyncIterable<string>
  for await (const chunk of chunks) {
    text += chunk
    if (text.length > MAX_BODY)
      throw new RangeError(`send the number alone, in at most ${MAX_BODY} characters`)
  }
  return text.trim()
}

function numberIn(text: string): number {
  return text === '' ? NaN : Number(text)
}
