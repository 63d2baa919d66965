import { type Pseudonyms, pseudonyms } from '../../schemas/pseudonym.ts'
import { type Config, ConfigError, type KeyName, loadConfig } from '../config.ts'
import { type KeyFlags, readKeys } from '../keys.ts'
import { type EpochKeys, openRing, pendingIn } from './key-ring.ts'
import { type Ring, readRing } from './ring-file.ts'
import { wrappersOf } from './wrappers.ts'

/**
 * What pseudonyms are made with – the key ring of PSEUDONYM_KEYS, or without one PSEUDONYM_KEY – and other keys beside it.
 * @throws ConfigError for anything but keys that are surely those of now: nothing is ever pseudonymised under a guess
 */
export async function readPseudonyms<Name extends KeyName = never>(
  flags: KeyFlags,
  others: readonly Name[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ pseudonyms: Pseudonyms; epoch: number; keys: Record<Name, Buffer> }> {
  const config = loadConfig(env)
  if (config.PSEUDONYM_KEYS === '') {
    const keys = readKeys(['PSEUDONYM_KEY', ...others], flags, env)
    return { pseudonyms: pseudonyms([keys.PSEUDONYM_KEY]), epoch: 1, keys }
  }
  const keys = readKeys(others, flags, env)
  const ring = readRing(config.PSEUDONYM_KEYS)
  refusePending(ring)
  const epochs = await openedRing(ring, config, env)
  return { pseudonyms: pseudonyms(epochs), epoch: epochs.length, keys }
}

/** All keys of a ring. @throws ConfigError if PSEUDONYM_KEY is set, too, and is not that of the first epoch */
export async function openedRing(
  ring: Ring,
  config: Pick<Config, 'WRAPPING_KEYS' | 'WRAPPING_KEYS_FILE'>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<EpochKeys> {
  const keys = await openRing(ring, wrappersOf(config))
  const { PSEUDONYM_KEY: plain } = env
  if (plain !== undefined && !Buffer.from(plain, 'base64').equals(keys[0]))
    throw new ConfigError(
      'PSEUDONYM_KEY and PSEUDONYM_KEYS are both set, and do not have the same first key: unset PSEUDONYM_KEY, if the file is the one in use',
    )
  return keys
}

/** @throws ConfigError while pseudonyms are brought into a new epoch: whoever reads or writes them would do so twice, or under names of before */
export function requireNotPending({ PSEUDONYM_KEYS: file }: Pick<Config, 'PSEUDONYM_KEYS'>): void {
  if (file !== '') refusePending(readRing(file))
}

function refusePending(ring: Ring): void {
  const pending = pendingIn(ring)
  if (pending !== undefined)
    throw new ConfigError(
      `epoch ${pending.epoch} of PSEUDONYM_KEYS is pending, as \`continuo privacy rekey\` has not ended: run it again, then start this`,
    )
}
