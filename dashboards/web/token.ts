import { UnauthorizedError } from 'centrifuge'
import { RefusedError, getJson } from './api.ts'
import { keepIn } from './storage.ts'

const KEY = 'token'
const tab = keepIn(() => sessionStorage)

const NEW_ONE = 'open the page with a new one, as `continuo token` prints it.'

export interface TokenSource {
  get(): Promise<string>
  /** The one that the page has now, for what else is asked with it. @throws Error that says where one comes from */
  current(): Promise<string>
  /** The gateway does not take it, and never will. */
  refused(): void
}

/**
 * Keeps the token of an address `/#token=…` for this tab and takes it out of the address, so that it is not shared by
 * accident. Before all else: a page that waits for its server, or is left at once, has it already.
 */
export function takeToken(): void {
  const token = inAddress()
  if (token === null) return
  tab.set(KEY, token)
  history.replaceState(null, '', location.pathname + location.search)
}

/**
 * Where the gateway's tokens come from: the one that was taken from the address, else this page's server (in
 * development). `whyNone` hears why there is no token.
 */
export function tokenSource(whyNone: (reason: string) => void): TokenSource {
  let given = tab.get(KEY)
  let asked = 0
  let made: string | undefined
  let forgotten: string | undefined
  const forget = (reason: string): void => {
    tab.remove(KEY)
    given = null
    forgotten = reason
    whyNone(reason)
  }
  const make = async (): Promise<string> => (made = await fromServer(whyNone))
  // A page that is open already is opened with another one.
  addEventListener('hashchange', () => inAddress() !== null && location.reload())
  return {
    async get() {
      if (given === null) return make()
      if (++asked === 1) return given
      // A client asks again only for a token that has expired.
      const reason = `The token has expired: ${NEW_ONE}`
      forget(reason)
      throw new UnauthorizedError(reason)
    },
    async current() {
      const known = given ?? made
      if (known === undefined && forgotten !== undefined) throw new Error(forgotten)
      return known ?? make()
    },
    refused: () => forget(`The gateway does not take this token: ${NEW_ONE}`),
  }
}

async function fromServer(whyNone: (reason: string) => void): Promise<string> {
  try {
    return (await getJson<{ token: string }>('/api/token')).token
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status >= 500) throw error
    whyNone(error.message)
    throw new UnauthorizedError(error.message)
  }
}

const inAddress = (): string | null => new URLSearchParams(location.hash.slice(1)).get(KEY)
