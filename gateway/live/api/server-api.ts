import { createHash, timingSafeEqual } from 'node:crypto'
import type { Logger } from 'pino'
import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js'
import { GatewayError } from '../errors.ts'
import { Outage } from '../outage.ts'
import { errors, type ErrorReply } from '../protocol/codes.ts'
import { bodyOf } from './body.ts'
import { ApiError, type Asked, type Methods } from './asked.ts'

export interface ServerApiOptions {
  /** Any of them opens it. None: there is no such API. */
  keys: readonly string[]
  methods: Methods
  /** A method was answered. */
  onCalled(method: string, seconds: number): void
  log: Logger
}

/** Of one request. */
const MAX_BODY_BYTES = 1024 * 1024

interface Answer {
  status: string
  body: { result: unknown } | { error: ErrorReply }
}

/**
 * Adds `POST /api/METHOD`, by which the operator's own servers publish, and look after channels and sessions. The key
 * comes in `X-API-Key` or as `Authorization: apikey KEY`. An answer is `{"result": …}`, or
 * `{"error": {"code", "message"}}` with the codes of the client protocol.
 */
export function addServerApi(app: TemplatedApp, options: ServerApiOptions): void {
  const { keys } = options
  const isOpen = keys.length > 0
  app.any('/api/*', (response) => {
    response.writeStatus(isOpen ? '405 Method Not Allowed' : '404 Not Found')
    response.end(isOpen ? 'ask by POST: /api/METHOD\n' : 'there is no server API: GATEWAY_API_KEY opens it\n')
  })
  if (!isOpen) return
  const isKey = keyCheck(keys)
  const outage = new Outage(options.log, {
    begins: 'calls of the server API fail, and are answered so that they are said again',
    ends: 'calls of the server API are done again',
  })
  app.post('/api/:method', (response, request) => {
    const method = request.getParameter(0) ?? ''
    if (!isKey(keyIn(request))) {
      response.onAborted(() => undefined)
      write(response, refused('401 Unauthorized', errors.unauthorized))
      return
    }
    void bodyOf(response, MAX_BODY_BYTES).then(async (body) => {
      if (body === 'gone') return
      const sender = { isGone: false }
      response.onAborted(() => (sender.isGone = true))
      const answer =
        typeof body === 'string' ? refusals[body] : await answerTo(method, body.text, options, outage)
      if (!sender.isGone) response.cork(() => write(response, answer))
    })
  })
}

const LEAST_KEY_LENGTH = 32

/** @throws GatewayError if a key could be guessed: an empty one is what who sends none has. */
export function checkKeys(keys: readonly string[] = []): void {
  for (const { length } of keys)
    if (length < LEAST_KEY_LENGTH)
      throw new GatewayError(
        'apiKeys',
        `a key of the server API has ${length} characters: give it at least ${LEAST_KEY_LENGTH}`,
      )
}

/** Compares hashes, whose lengths are alike, and all of them: how long it takes says nothing of a key. */
function keyCheck(keys: readonly string[]): (key: string) => boolean {
  const hashes = keys.map(hashOf)
  return (key) => {
    const hash = hashOf(key)
    return hashes.filter((each) => timingSafeEqual(each, hash)).length > 0
  }
}

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()

function keyIn(request: HttpRequest): string {
  const given = request.getHeader('x-api-key')
  return given === '' ? request.getHeader('authorization').replace(/^apikey /i, '') : given
}

const refused = (status: string, error: ErrorReply): Answer => ({ status, body: { error } })

/** Of bodies that are not read. */
const refusals = {
  'too large': refused('413 Payload Too Large', errors.limitExceeded),
  'no text': refused('400 Bad Request', errors.badRequest),
}

async function answerTo(
  method: string,
  text: string,
  { methods, onCalled }: ServerApiOptions,
  outage: Outage,
): Promise<Answer> {
  const call = Object.hasOwn(methods, method) ? methods[method] : undefined
  if (call === undefined) return refused('404 Not Found', errors.methodNotFound)
  const asked = askedIn(text)
  if (asked === undefined) return refused('400 Bad Request', errors.badRequest)
  const started = performance.now()
  try {
    const answer = call(asked, (error) => outage.failed(error))
    const result = await answer
    // What is known without asking says nothing of Redis.
    if (answer instanceof Promise) outage.succeeded()
    return { status: '200 OK', body: { result } }
  } catch (error) {
    if (error instanceof ApiError) return refused('200 OK', error.reply)
    outage.failed(error)
    return refused('200 OK', errors.internal)
  } finally {
    onCalled(method, (performance.now() - started) / 1_000)
  }
}

function askedIn(text: string): Asked | undefined {
  try {
    const value: unknown = text === '' ? {} : JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Asked) : undefined
  } catch {
    return undefined
  }
}

function write(response: HttpResponse, { status, body }: Answer): void {
  response.writeStatus(status).writeHeader('content-type', 'application/json').end(JSON.stringify(body))
}
