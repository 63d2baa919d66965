import { Command, InvalidArgumentError } from 'commander'
import { mintToken } from '../gateway/live/mint-token.ts'
import { loadConfig } from './config.ts'
import { type KeyFlags, readKeys, withKeyFlags } from './keys.ts'

/** `continuo token --sub NAME [--ttl 1h]` */
export function tokenCommand(): Command {
  return withKeyFlags(new Command('token'))
    .summary('print a token that lets a listener connect to the gateway')
    .requiredOption('--sub <name>', 'user id of the listener, as in the events')
    .option('--ttl <time>', 'how long it is valid: 30s, 15m, 1h, 7d', seconds, 3600)
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

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 }

function seconds(text: string): number {
  const match = /^([1-9]\d{0,5})([smhd])$/.exec(text)
  if (!match) throw new InvalidArgumentError('write it like 30s, 15m, 1h or 7d.')
  return Number(match[1]) * unitSeconds[match[2] as keyof typeof unitSeconds]
}
