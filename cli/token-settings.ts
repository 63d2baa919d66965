import type { Logger } from 'pino'
import { keyServer } from '../gateway/live/access/key-server.ts'
import type { TokenSettings } from '../gateway/live/access/mint-token.ts'
import type { Config } from './config.ts'

/** How tokens are made and checked. `log` is told of a key server that is away. */
export function tokenSettingsOf(key: Uint8Array, config: Config, log: Logger): TokenSettings {
  const { TOKEN_JWKS_URL: url } = config
  return {
    key,
    ...(url !== '' && { keys: keyServer({ url: new URL(url), log }) }),
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    toleranceSeconds: config.TOKEN_TOLERANCE_S,
    longestLifeSeconds: config.TOKEN_LONGEST_LIFE_S,
  }
}
