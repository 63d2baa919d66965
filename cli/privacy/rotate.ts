import { type Config, ConfigError, loadConfig } from '../config.ts'
import { type KeyFlags, readKeys } from '../keys.ts'
import { type EpochKeys, openRing, requireNonePending, wrapped } from './key-ring.ts'
import type { KeyWrapper } from './key-wrapper.ts'
import { openedRing } from './read-pseudonyms.ts'
import { type Ring, readRing, replaceRing } from './ring-file.ts'
import { wrappersOf } from './wrappers.ts'

export interface RotateFlags extends KeyFlags {
  to?: string
  new: boolean
}

/** `continuo privacy rotate [--to ID] [--new]` */
export async function rotate({ to, new: isNew, ...flags }: RotateFlags): Promise<void> {
  const config = loadConfig()
  const file = fileOf(config)
  const wrapper = wrapperCalled(to, config)
  const before = isNew ? undefined : readRing(file)
  const keys = await keysOf(before, config, flags)
  const epochs = await Promise.all(keys.map((key, at) => wrapped(at + 1, key, wrapper)))
  await requireOpens({ epochs }, keys, config)
  replaceRing(file, before, { epochs })
  console.log(
    `${before === undefined ? `made ${file}: ` : ''}${keys.length === 1 ? 'epoch 1 is' : `epochs 1 to ${keys.length} are`} wrapped by ${wrapper.id}`,
  )
}

/** The file of the key ring. @throws ConfigError if none is named */
export function fileOf({ PSEUDONYM_KEYS: file }: Pick<Config, 'PSEUDONYM_KEYS'>): string {
  if (file !== '') return file
  throw new ConfigError('PSEUDONYM_KEYS is not set: name the file in which the wrapped keys are kept')
}

/** The wrapping key of this id, or the last one. @throws ConfigError */
export function wrapperCalled(
  id: string | undefined,
  config: Pick<Config, 'WRAPPING_KEYS' | 'WRAPPING_KEYS_FILE'>,
): KeyWrapper {
  const all = wrappersOf(config)
  const found = id === undefined ? all.at(-1) : all.find((each) => each.id === id)
  if (found !== undefined) return found
  throw new ConfigError(
    id === undefined
      ? 'WRAPPING_KEYS is not set: give it ID=KEY, the key 32 bytes in base64 (openssl rand -base64 32), or name a file of them in WRAPPING_KEYS_FILE'
      : `WRAPPING_KEYS has no key ${id}: add it as ${id}=KEY, 32 bytes in base64 (openssl rand -base64 32)`,
  )
}

/** The only copy is not replaced by what nobody can open. */
async function requireOpens(ring: Ring, keys: EpochKeys, config: Config): Promise<void> {
  const opened = await openRing(ring, wrappersOf(config))
  if (!opened.every((key, at) => key.equals(keys[at]!)))
    throw new ConfigError('what has been wrapped opens to another key: nothing has been changed')
}

async function keysOf(before: Ring | undefined, config: Config, flags: KeyFlags): Promise<EpochKeys> {
  if (before === undefined) return [readKeys(['PSEUDONYM_KEY'], flags).PSEUDONYM_KEY]
  requireNonePending(before)
  return openedRing(before, config)
}
