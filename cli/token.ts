import { Command } from 'commander'
import { mintToken } from '../gateway/live/mint-token.ts'
import { loadConfig } from './config.ts'
import { type KeyFlags, readKeys, withKeyFlags } from './keys.ts'
import { lengthOfTime } from './options.ts'

/** `continuo token --sub NAME [--ttl 1h]` */
export function tokenCommand(): Command {
  return withKeyFlags(new Command('token'))
    .summary('print a token that lets a listener connect to the gateway')
    .requiredOption('--sub <name>', 'user id of the listener, as in the events')
    .option('--ttl <time>', 'how long it is valid: 30s, 15m, 1h, 7d', lengthOfTime, 3600)
    .action(async ({ sub, ttl, ...flags }: KeyFlags & { sub: string; ttl: number }) => {
      const config = loadConfig()
      const token = await mintToken({
        key: readKeys(['TOKEN_KEY'], flags).TOKEN_KEY,
        issuer: config.TOKEN_ISSUER,
        audience: config.TOKEN_AUDIENCE,
        sub,
        ttlSeconds: ttl,
      })
      console.log(token)
    })
}
