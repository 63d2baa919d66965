import { Command } from 'commander'
import { revocationLifeMs, revoke } from '../../gateway/live/access/revoke.ts'
import type { Revocation } from '../../schemas/revocations.ts'
import { ConfigError } from '../config.ts'
import { type KeyFlags, withKeyFlags } from '../keys.ts'
import { moment } from '../options.ts'
import { readPseudonyms } from '../privacy/read-pseudonyms.ts'
import { inRedis } from './in-redis.ts'

type RevokeFlags = KeyFlags & { token?: string; listener?: string; issuedBefore?: number }

/** `continuo gateway revoke (--token ID | [--listener USER] [--issued-before TIME])` */
export function revokeCommand(): Command {
  return (
    withKeyFlags(new Command('revoke'))
      .summary('end tokens before their time, on every gateway')
      .option('--token <id>', 'the one of this id, which is its claim `jti`')
      .option('--listener <user>', 'those of this user id, which is kept as a pseudonym alone')
      .option(
        '--issued-before <time>',
        'of that listener, or of everybody: 2026-01-31T20:00:00Z, or 1h ago',
        moment,
      )
      .addHelpText(
        'after',
        '\nWho is connected by such a token is sent away within a second, and stays away – or, where everybody’s are revoked, comes back with a new one.' +
          '\nOf a listener without a time those issued up to now. Gateways that are down read it when they start.',
      )
      // `continuo gateway` has some of these options, too, and is given them first.
      .action((_: unknown, command: Command) => runRevoke(command.optsWithGlobals()))
  )
}

async function runRevoke({ token, listener, issuedBefore, ...flags }: RevokeFlags): Promise<void> {
  const pseudonymOf = async (user: string) => (await readPseudonyms(flags)).pseudonyms.listener(user)
  const revocation = await revocationOf({ token, listener, issuedBefore }, pseudonymOf)
  await inRedis(async (redis, { REDIS_PREFIX: keyPrefix, TOKEN_LONGEST_LIFE_S }) => {
    const told = await revoke(
      { redis, keyPrefix, lifeMs: revocationLifeMs(TOKEN_LONGEST_LIFE_S) },
      revocation,
    )
    console.log(`revoked; ${told} ${told === 1 ? 'gateway has' : 'gateways have'} been told`)
  })
}

type Asked = Readonly<Record<'token' | 'listener', string | undefined> & { issuedBefore: number | undefined }>

async function revocationOf(
  { token, listener, issuedBefore }: Asked,
  pseudonymOf: (user: string) => Promise<string>,
): Promise<Revocation> {
  const isOne = token !== undefined
  if (isOne === (listener !== undefined || issuedBefore !== undefined))
    throw new ConfigError('say which tokens: --token, or --listener, --issued-before or both')
  if (isOne) return { tokenId: token }
  const now = Date.now()
  if ((issuedBefore ?? now) > now)
    throw new ConfigError('--issued-before is in the future: that is not remembered long enough')
  const whose = listener === undefined ? {} : { listener: await pseudonymOf(listener) }
  return { ...whose, issuedBefore: issuedBefore ?? now }
}
