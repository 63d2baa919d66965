import { createHmac } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'
import { pseudonymise } from '../../../schemas/pseudonym.ts'

/** What is known of where a client is. */
export interface Caller {
  /** The other end of the socket. */
  address: string
  /** All that `X-Forwarded-For` says, in its order; asked only where it is believed. */
  forwardedFor(): string
}

/**
 * Where a client is: the other end of the socket, or, behind so many proxies of ours, what the outermost of them saw. What stands before that in
 * `X-Forwarded-For` the client may have written itself.
 */
export function addressOf({ address, forwardedFor }: Caller, trustedProxies: number): string {
  if (trustedProxies === 0) return address
  const seen = forwardedFor()
    .split(',')
    .map((each) => each.trim())
  const outermost = seen.at(-trustedProxies)
  return outermost !== undefined && ipaddr.isValid(outermost) ? outermost : address
}

const ADDRESSES_REMEMBERED = 10_000

/**
 * Names clients by where they are, without saying where: a keyed hash of the address, or of the first 64 bits where it is IPv6, all of which one client
 * can have.
 * @param secret the same for all gateways that count together
 */
export function addressNames(secret: Uint8Array): (address: string) => string {
  const key = createHmac('sha256', secret).update('addresses').digest()
  // Most sockets are of few addresses, those of proxies say, or come again soon.
  const known = new LRUCache<string, string>({ max: ADDRESSES_REMEMBERED })
  return function nameOf(address) {
    const name = known.get(address) ?? pseudonymise(key, networkOf(address))
    known.set(address, name)
    return name
  }
}

const IPV6_NETWORK_BYTES = 8

function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  const bytes = parsed.toByteArray()
  return (parsed.kind() === 'ipv6' ? bytes.slice(0, IPV6_NETWORK_BYTES) : bytes).join('.')
}
