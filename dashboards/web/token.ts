import { UnauthorizedError } from 'centrifuge'
import { RefusedError, getJson } from './api.ts'
import { keepIn } from './storage.ts'

const KEY = 'token'
const tab = keepIn(() => sessionStorage)

/**
 * Where the gateway's tokens come from: `/#token=…` in the address, else this page's server (in development).
 * The one in the address is kept for this tab and leaves the address, so that it is not shared by accident.
 * `refused` hears why there is no token.
 */
export function tokenSource(refused: (reason: string) => void): () => Promise<string> {
  const given = takeFromAddress() ?? tab.get(KEY)
  const refuse = (reason: string): never => {
    refused(reason)
    throw new UnauthorizedError(reason)
  }
  let asked = 0
  return async () => {
    if (given === null) return fromServer(refuse)
    if (++asked === 1) return given
    // A client asks again only for a token that has expired.
    tab.remove(KEY)
    return refuse('The token has expired: open the page with a new one, as `continuo token` prints it.')
  }
}

async function fromServer(refuse: (reason: string) => never): Promise<string> {
  try {
    return (await getJson<{ token: string }>('/api/token')).token
  } catch (error) {
    if (error instanceof RefusedError && error.status < 500) refuse(error.message)
    throw error
  }
}

function takeFromAddress(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get(KEY)
  if (token === null) return null
  tab.set(KEY, token)
  history.replaceState(null, '', location.pathname + location.search)
  return token
}
