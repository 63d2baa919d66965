import { isIPv4, isIPv6 } from 'node:net'

/** The first group of a 6to4 address (RFC 3056): the IPv4 address of its network follows. */
const SIX_TO_FOUR = 0x2002

/** The /24 of an IPv4 address, also of one in IPv6 (mapped or 6to4); the /48 of an IPv6 one; null for what is neither. */
export function networkOf(ip: string): string | null {
  if (isIPv4(ip)) return `${ip.slice(0, ip.lastIndexOf('.'))}.0/24`
  if (!isIPv6(ip) || ip.includes('%')) return null
  const groups = expandIpv6(ip)
  const [high = 0, low = 0] = groups.slice(6)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) return ipv4Network([high >> 8, high & 0xff, low >> 8])
  const [first, second = 0, third = 0] = groups
  if (first === SIX_TO_FOUR) return ipv4Network([second >> 8, second & 0xff, third >> 8])
  const network = groups.slice(0, 3).map((group) => group.toString(16))
  return `${network.join(':')}::/48`
}

const ipv4Network = (bytes: number[]) => `${bytes.slice(0, 3).join('.')}.0/24`

/** The eight groups of an IPv6 address in text (RFC 4291, section 2.2). */
function expandIpv6(ip: string): number[] {
  const [head = '', tail] = ip.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, dottedToGroups).split('::')
  const parse = (part: string) => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)))
  const [left, right] = [parse(head), parse(tail ?? '')]
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right]
}

function dottedToGroups(_: string, ...bytes: string[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}
