import { Resolver } from 'node:dns/promises'
import { type LookupFunction, isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** All that IANA gives out to be reached from everywhere (RFC 4291, section 2.4). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/** An endpoint leads where no push service can be. `reason` is snake_case. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError'
  readonly reason: string
  constructor(reason: string) {
    super(`the endpoint is refused: ${reason}`)
    this.reason = reason
  }
}

/**
 * Whether an address is anybody's on the internet. Not: this machine, its network, those that an operator or a cloud keeps to itself, and what
 * has an IPv4 address wrapped in it.
 */
export function isPublic(address: string): boolean {
  // ipaddr.js alone would take "1.2.3" for an address, too.
  if (isIP(address) === 0 || !ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST))
}

/**
 * Checks where an endpoint leads, as far as it says so itself.
 * @throws EndpointError
 */
export function requirePublic({ protocol, hostname, username, password }: URL): void {
  if (protocol !== 'https:') throw new EndpointError('not_https')
  if (username !== '' || password !== '') throw new EndpointError('has_credentials')
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  const isOwn = /(^|\.)localhost\.?$/.test(hostname)
  if (isOwn || (isIP(address) !== 0 && !isPublic(address))) throw new EndpointError('address_not_public')
}

/**
 * Asks the name servers. The system's own lookup would wait in one of four threads: a listener whose devices are at names that nobody answers for would
 * keep all others from being found.
 */
export const byNameServers =
  (resolver = new Resolver({ timeout: 2_000, tries: 2 })): LookupFunction =>
  (hostname, _, callback) => {
    void Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]).then((answers) => {
      const found = answers.flatMap((answer, index) =>
        answer.status === 'rejected'
          ? []
          : answer.value.map((address) => ({ address, family: index === 0 ? 4 : 6 })),
      )
      const [first] = answers.filter((answer) => answer.status === 'rejected')
      callback(found.length > 0 ? null : ((first?.reason as Error | undefined) ?? null), found)
    })
  }

/**
 * Finds the addresses of a name, for a connection that is then made to one of them: so the name cannot mean another address between the check and
 * the connection. Fails if any is not public.
 */
export const publicLookup =
  (resolve: LookupFunction = byNameServers()): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const addresses = typeof found === 'string' ? [] : found
      if (error !== null) callback(error, [])
      else if (addresses.length === 0 || !addresses.every(({ address }) => isPublic(address)))
        callback(new EndpointError('address_not_public'), [])
      else if (options.all === true) callback(null, addresses)
      else callback(null, addresses[0]!.address, addresses[0]!.family)
    })
  }
