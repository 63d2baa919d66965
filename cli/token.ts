import { Command, Option } from 'commander'
import { channelFor } from '../gateway/live/channels/namespaces.ts'
import { type Role, mintToken } from '../gateway/live/access/mint-token.ts'
import { ConfigError, loadConfig } from './config.ts'
import { type KeyFlags, readKeys, withKeyFlags } from './keys.ts'
import { lengthOfTime } from './options.ts'

type TokenFlags = KeyFlags & { sub: string; ttl?: number; role?: Role; channel?: string }

const HOUR_SECONDS = 3_600

/** `continuo token --sub NAME [--ttl 1h] [--role operator] [--channel CHANNEL]` */
export function tokenCommand(): Command {
  return withKeyFlags(new Command('token'))
    .requiredOption('--sub <name>', 'user id of the listener, as in the events')
    .option('--ttl <time>', 'how long it is valid: 30s, 15m, 1h, 7d (default: 1h)', lengthOfTime)
    .addOption(
      new Option('--role <role>', 'operator: may also see how the pipeline is, and its dead letters').choices(
        ['operator'],
      ),
    )
    .option('--channel <channel>', 'for this one channel, once connected; it does not connect')
    .addHelpText(
      'after',
      '\nA client of the gateway has it as its option `token`: docs/gateway.md.' +
        '\nThe page takes it in its address: http://localhost:8080/#token=TOKEN. Without one, in development, it is the page of listener-0.' +
        '\n\n  continuo token --dev --sub listener-7',
    )
    .action(async ({ sub, ttl = HOUR_SECONDS, role, channel, ...flags }: TokenFlags) => {
      const config = loadConfig()
      if (channel !== undefined && channelFor(channel, sub) === undefined)
        throw new ConfigError(`there is no channel ${channel}: docs/protocol.md says how they are called`)
      const longest = config.TOKEN_LONGEST_LIFE_S
      if (ttl > longest)
        throw new ConfigError(`TOKEN_LONGEST_LIFE_S is ${longest}: no gateway takes a longer one`)
      const token = await mintToken({
        key: readKeys(['TOKEN_KEY'], flags).TOKEN_KEY,
        issuer: config.TOKEN_ISSUER,
        audience: config.TOKEN_AUDIENCE,
        sub,
        ttlSeconds: ttl,
        ...(role !== undefined && { role }),
        ...(channel !== undefined && { channel }),
      })
      console.log(token)
    })
}
