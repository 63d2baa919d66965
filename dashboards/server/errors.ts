import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'

/** The dashboard cannot start. The message says why and what to do. */
export class DashboardError extends Error {
  override readonly name = 'DashboardError'
}

/** An answer that is not the one asked for: what went wrong, and what to do about it. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  /** snake_case, for programs. */
  readonly code: string
  /** What to do about it, for people. */
  readonly remedy: string
  /** HTTP headers of the answer. */
  readonly headers: Record<string, string>

  constructor(
    status: number,
    code: string,
    message: string,
    remedy: string,
    { headers = {}, ...options }: ErrorOptions & { headers?: Record<string, string> } = {},
  ) {
    super(message, options)
    this.status = status
    this.code = code
    this.remedy = remedy
    this.headers = headers
  }
}

/** Every error leaves as `{ error, message, remedy }`; what has a cause that is not the asker's is logged, and none of it is shown. */
export function answerErrors(app: FastifyInstance, log: Logger): void {
  app.setNotFoundHandler((_request, reply) =>
    send(reply, new ApiError(404, 'not_found', 'there is nothing here', 'the page is at /')),
  )
  app.setErrorHandler((error: FastifyError | ApiError, request, reply) => {
    const answer = asApiError(error, request)
    logCause(answer, log)
    return send(reply, answer)
  })
}

/** For an address that no route is looked for, as it cannot be read: no hook of the server has seen it. */
export const answerUnread =
  (headers: Readonly<Record<string, string>>) =>
  (error: FastifyError, _request: unknown, reply: FastifyReply): void =>
    void send(reply.headers(headers), asApiError(error))

/** For what has failed while nobody waited for it: an older answer was given out meanwhile. */
export const logUntold =
  (log: Logger) =>
  (error: unknown): void =>
    logCause(asApiError(error as FastifyError | ApiError), log)

function logCause({ cause, code, message }: ApiError, log: Logger): void {
  if (cause !== undefined) log.error({ err: cause, code }, message)
}

/** `request`: of the route that it was for, where one was found. */
function asApiError(error: FastifyError | ApiError, request?: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error
  const status = error.statusCode ?? 500
  if (status >= 500)
    return new ApiError(500, 'internal', 'this request failed', "the cause is in the dashboard's log", {
      cause: error,
    })
  if (error.validation === undefined)
    return new ApiError(status, 'bad_request', error.message, 'correct the request; see the message')
  const { properties = {} } = (request?.routeOptions.schema?.querystring ?? {}) as { properties?: object }
  const names = Object.keys(properties).join(', ')
  const takes = names === '' ? 'this takes no parameters' : `this takes ${names}`
  const allowed = error.validation[0]?.params['allowedValues'] as string[] | undefined
  return new ApiError(
    status,
    'bad_request',
    allowed === undefined ? error.message : `${error.message}: ${allowed.join(', ')}`,
    `${takes}; /api/openapi.json says what each may be`,
  )
}

function send(reply: FastifyReply, { status, code, message, remedy, headers }: ApiError): FastifyReply {
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', ...headers })
    .send({ error: code, message, remedy })
}
