/** A token that was right once: a new one is wanted. */
export class TokenExpired extends Error {
  override readonly name = 'TokenExpired'
}

/** A token that never was right, or is no more. Its message tells what is wrong, and nothing that stands in it. */
export class TokenInvalid extends Error {
  override readonly name = 'TokenInvalid'
}

/** Whether a token is right cannot be told right now: the same one may be asked about in a moment. */
export class CannotTell extends Error {
  override readonly name = 'CannotTell'
}

/** How a check refuses a token; undefined if it does not. @throws what else the check throws */
export function refusalOf(check: () => void): 'for good' | 'for a new one' | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof TokenExpired) return 'for a new one'
    if (error instanceof TokenInvalid) return 'for good'
    throw error
  }
}
