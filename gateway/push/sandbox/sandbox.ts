import { once } from 'node:events'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { type Server, createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { WebPushDevice } from '../../../schemas/push-subscriptions.ts'
import { PushError } from '../errors.ts'
import { type AskedSubscription, bodyOf, subscriptionIn } from './asked.ts'
import { decrypt } from './decrypt.ts'
import { MOST_BODY_BYTES, Refusal, checkHeaders, checkVapid } from './refusals.ts'
import { type Behaviour, type Subscriber, deviceOf, newSubscriber } from './subscribers.ts'
import { type TestCertificate, testCertificate } from './test-authority.ts'

/** A push that has been taken. */
export interface ReceivedPush {
  /** Of the subscription. */
  endpoint: string
  /** What the browser would get. */
  text: string
  ttl: number
  urgency: string
  topic: string | null
}

export interface SandboxOptions {
  /** 0 takes a free one. */
  port?: number
  /** How long an answer takes, ms. */
  latencyMs?: number
  /** Default: one of its own. */
  certificate?: TestCertificate
  onPush?(push: ReceivedPush): void
}

export interface PushSandbox {
  origin: string
  /** The authority that its certificate is signed by, as PEM. */
  ca: string
  /** What it has taken of late, the last one last. */
  pushes: readonly ReceivedPush[]
  /** How often it has answered what: a status, or `reset`. */
  answers: ReadonlyMap<string, number>
  /** A browser that subscribes. */
  subscribe(asked?: AskedSubscription): WebPushDevice
  /** Has a subscription answer otherwise from now on. */
  behave(device: WebPushDevice, behaviour: Behaviour): void
  close(): Promise<void>
}

const RETRY_AFTER_SECONDS = 1
const MOST_JSON_BYTES = 10_000
/** So many pushes are kept. */
const REMEMBERED = 20_000

/**
 * A push service to try against, on this machine alone, as strict as a real one: it checks the sender, the headers and the size, and opens what it gets
 * with the keys of the browsers that it plays.
 * @throws PushError if the port is taken
 */
export async function startPushSandbox({
  port = 0,
  latencyMs = 0,
  certificate,
  onPush,
}: SandboxOptions = {}): Promise<PushSandbox> {
  const { ca, cert, key } = certificate ?? (await testCertificate())
  const server = createServer({ cert, key })
  await once(server.listen(port, '127.0.0.1'), 'listening').catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${code})`
    throw new PushError(`port ${port} ${why}: choose another with --port`)
  })
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`
  return new Sandbox(server, { origin, ca, latencyMs, onPush })
}

interface Place {
  origin: string
  ca: string
  latencyMs: number
  onPush: SandboxOptions['onPush']
}

class Sandbox implements PushSandbox {
  readonly origin: string
  readonly ca: string
  readonly pushes: ReceivedPush[] = []
  readonly answers = new Map<string, number>()
  readonly #subscribers = new Map<string, Subscriber>()
  readonly #server: Server
  readonly #place: Place

  constructor(server: Server, place: Place) {
    this.#server = server
    this.#place = place
    this.origin = place.origin
    this.ca = place.ca
    server.on('request', (request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        if (error instanceof Refusal) this.#answer(response, error.status, `${error.message}\n`)
        // Whoever was sending has broken off.
        else response.destroy()
      })
    })
  }

  subscribe({ behaviour = 'accept', applicationServerKey }: AskedSubscription = {}): WebPushDevice {
    const subscriber = newSubscriber(behaviour, applicationServerKey)
    this.#subscribers.set(subscriber.id, subscriber)
    return deviceOf(subscriber, this.origin)
  }

  behave({ endpoint }: WebPushDevice, behaviour: Behaviour): void {
    this.#subscribers.get(endpoint.slice(endpoint.lastIndexOf('/') + 1))!.behaviour = behaviour
  }

  async close(): Promise<void> {
    const closed = once(this.#server.close(), 'close')
    this.#server.closeAllConnections()
    await closed
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request
    const [, id] = /^\/push\/([\w-]+)$/.exec(url) ?? []
    if (method === 'POST' && id !== undefined) await this.#takePush(request, response, id)
    else if (method === 'POST' && url === '/subscriptions')
      this.#answer(response, 201, this.subscribe(subscriptionIn(await bodyOf(request, MOST_JSON_BYTES))))
    else if (method === 'GET' && url === '/pushes') this.#answer(response, 200, this.pushes)
    else throw new Refusal(404, 'try POST /subscriptions, POST /push/<id> or GET /pushes')
  }

  async #takePush(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
    const { latencyMs, onPush } = this.#place
    const body = await bodyOf(request, MOST_BODY_BYTES)
    const subscriber = this.#subscribers.get(id)
    if (subscriber === undefined) throw new Refusal(404, 'there is no such subscription')
    const headers = checkHeaders(request.headers)
    const { boundTo, behaviour } = subscriber
    await checkVapid(request.headers.authorization, { origin: this.origin, boundTo })
    const push = { endpoint: `${this.origin}/push/${id}`, text: opened(body, subscriber), ...headers }
    if (latencyMs > 0) await delay(latencyMs)
    if (behaviour === 'accept' || behaviour === 'reset-after') {
      this.pushes.push(push)
      if (this.pushes.length > REMEMBERED) this.pushes.shift()
      onPush?.(push)
    }
    this.#behave(request, response, behaviour)
  }

  #behave(request: IncomingMessage, response: ServerResponse, behaviour: Behaviour): void {
    if (behaviour === 'silent') return
    if (behaviour === 'reset' || behaviour === 'reset-after') {
      this.#count('reset')
      request.socket.destroy()
      return
    }
    const special: Partial<Record<Behaviour, [number, OutgoingHttpHeaders]>> = {
      accept: [201, { location: `${this.origin}/message/${this.pushes.length}` }],
      redirect: [307, { location: `${this.origin}/push/elsewhere` }],
      429: [429, { 'retry-after': String(RETRY_AFTER_SECONDS) }],
      503: [503, { 'retry-after': String(RETRY_AFTER_SECONDS) }],
    }
    const [status, headers] = special[behaviour] ?? [Number(behaviour), {}]
    this.#answer(response, status, '', headers)
  }

  /** `said`: text, or something to be said in JSON. */
  #answer(response: ServerResponse, status: number, said: unknown, headers: OutgoingHttpHeaders = {}): void {
    this.#count(String(status))
    const isText = typeof said === 'string'
    response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers })
    response.end(isText ? said : JSON.stringify(said))
  }

  #count(answer: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1)
  }
}

function opened(body: Buffer, { keys, auth }: Subscriber): string {
  try {
    return decrypt(body, keys, auth).toString()
  } catch (cause) {
    throw new Refusal(400, `the body does not open: ${(cause as Error).message}`)
  }
}
