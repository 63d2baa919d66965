import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { type KeySource, keyServer } from '../gateway/live/access/key-server.ts'
import type { TokenSettings } from '../gateway/live/access/token-settings.ts'
import { breaker } from '../gateway/live/breaker.ts'
import type { Config } from './config.ts'

/** How tokens are made and checked: by the shared key, and by those of others, if there are any. */
export function tokenSettingsOf(key: Uint8Array, config: Config, keys?: KeySource): TokenSettings {
  return {
    key,
    ...(keys && { keys }),
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    toleranceSeconds: config.TOKEN_TOLERANCE_S,
    longestLifeSeconds: config.TOKEN_LONGEST_LIFE_S,
  }
}

/** The keys of who else signs tokens; undefined if nobody does. */
export function keySourceOf(
  { TOKEN_JWKS_URL: url }: Config,
  around: { log: Logger; metrics: Registry },
): KeySource | undefined {
  if (url === '') return undefined
  const remedy = 'look at TOKEN_JWKS_URL; tokens by keys that are known are taken all the while'
  return keyServer({
    url: new URL(url),
    breaker: breaker({ name: 'token_keys', remedy, ...around }),
    onNoKeys: (err) => around.log.warn({ err }, `no keys so far of who else signs tokens: ${remedy}`),
  })
}
