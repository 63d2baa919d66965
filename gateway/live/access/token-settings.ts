import type { KeySource } from './key-server.ts'

/** The algorithm of tokens signed by the shared key: what a token's own header says about it is never believed. */
export const tokenAlgorithm = 'HS256'

export const defaultLongestLifeSeconds = 30 * 86_400

/** What tokens of one installation share, whoever signs or checks them. */
export interface TokenSettings {
  /** At least 32 bytes. */
  key: Uint8Array
  /** Public keys of who else may sign, by algorithms of their own. Default: nobody. */
  keys?: KeySource
  issuer: string
  audience: string
  /** By how much clocks may differ. Default: not at all. */
  toleranceSeconds?: number
  /** Beyond it no token may be valid: so long a revocation is remembered. Default: 30 days. */
  longestLifeSeconds?: number
}
