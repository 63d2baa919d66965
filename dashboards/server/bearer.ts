import { ApiError } from './errors.ts'

/** The pseudonym of the listener for whom a token speaks; undefined for a token that is not valid, or not any more. */
export type VerifyListener = (token: string) => Promise<string | undefined>

/** Whether a token is an operator's; undefined for one that is not valid, or not any more. */
export type VerifyOperator = (token: string) => Promise<boolean | undefined>

/** Who asks, by the header `authorization`. @throws ApiError 401 without a valid token, 404 where none is known */
export function listenerByToken(
  verify?: VerifyListener,
): (authorization: string | undefined) => Promise<string> {
  return async (authorization) => {
    if (verify === undefined)
      throw new ApiError(
        404,
        'no_tokens_known',
        'this dashboard cannot tell whose token it is',
        'start `continuo dashboard --own`, with TOKEN_KEY, and PSEUDONYM_KEY or PSEUDONYM_KEYS',
      )
    const listener = await verify(tokenIn(authorization, LISTENER))
    if (listener === undefined) throw invalid(LISTENER)
    return listener
  }
}

/** Lets operators pass. @throws ApiError 401 without a valid token, 403 for one of somebody else, 404 where none is known */
export function requireOperatorToken(
  verify?: VerifyOperator,
): (authorization: string | undefined) => Promise<void> {
  return async (authorization) => {
    if (verify === undefined)
      throw new ApiError(
        404,
        'no_operators_known',
        'this dashboard shows nobody how the pipeline is',
        'start `continuo dashboard --operators`, with TOKEN_KEY',
      )
    const isOperator = await verify(tokenIn(authorization, OPERATOR))
    if (isOperator === undefined) throw invalid(OPERATOR)
    if (!isOperator)
      throw new ApiError(403, 'not_an_operator', 'this is for operators', `take the token of \`${OPERATOR}\``)
  }
}

const LISTENER = 'continuo token'
const OPERATOR = 'continuo token --sub NAME --role operator'

function tokenIn(authorization: string | undefined, command: string): string {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
  if (token === undefined) throw unauthorized('token_missing', 'this needs a token', command)
  return token
}

const invalid = (command: string) =>
  unauthorized('token_invalid', 'the token is not valid, or not any more', command)

const unauthorized = (code: string, message: string, command: string) =>
  new ApiError(401, code, message, `send \`authorization: Bearer TOKEN\`, as \`${command}\` prints it`, {
    headers: { 'www-authenticate': 'Bearer' },
  })
