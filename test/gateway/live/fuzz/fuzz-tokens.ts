import { randomBytes } from 'node:crypto'
import { mintToken } from '../../../../gateway/live/access/mint-token.ts'
import { tokenOf, tokenSettings } from '../../kit/gateway.ts'
import type { Tokens } from './hostile-input.ts'

/** Tokens of one listener, as gateways of the kit take them. */
export async function fuzzTokens(): Promise<Tokens> {
  const foreign = { ...tokenSettings, key: randomBytes(32), sub: 'listener-1', ttlSeconds: 3_600 }
  return {
    good: await tokenOf(),
    expired: await tokenOf('listener-1', -60),
    forged: await mintToken(foreign),
  }
}
