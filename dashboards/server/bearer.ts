import { ApiError } from './errors.ts'

/** The pseudonym of the listener for whom a token speaks; undefined for a token that is not valid, or not any more. */
export type VerifyListener = (token: string) => Promise<string | undefined>

/** Who asks, by the header `authorization`. @throws ApiError 401 without a valid token, 404 where none is known */
export function bearer(verify?: VerifyListener): (authorization: string | undefined) => Promise<string> {
  return async (authorization) => {
    if (verify === undefined)
      throw new ApiError(
        404,
        'no_tokens_known',
        'this dashboard cannot tell whose token it is',
        'start `continuo dashboard --own`, with TOKEN_KEY, and PSEUDONYM_KEY or PSEUDONYM_KEYS',
      )
    const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
    if (token === undefined) throw unauthorized('token_missing', 'this needs a token')
    const listener = await verify(token)
    if (listener === undefined) throw unauthorized('token_invalid', 'the token is not valid, or not any more')
    return listener
  }
}

const unauthorized = (code: string, message: string) =>
  new ApiError(401, code, message, 'send `authorization: Bearer TOKEN`, as `continuo token` prints it', {
    headers: { 'www-authenticate': 'Bearer' },
  })
