import { randomBytes } from 'node:crypto'
import { ConfigError, listed } from '../config.ts'
import type { KeyWrapper } from './key-wrapper.ts'
import type { Ring, RingEpoch } from './ring-file.ts'

/** Keys of epochs, the oldest first. */
export type EpochKeys = [Buffer, ...Buffer[]]

const KEY_BYTES = 32

/** What a key is bound to: it opens as the key of another epoch no more than with another wrapping key. */
const contextOf = (epoch: number) => `epoch ${epoch}`

export async function wrapped(epoch: number, key: Buffer, by: KeyWrapper): Promise<RingEpoch> {
  const bytes = await by.wrap(key, contextOf(epoch))
  return { epoch, wrappedBy: by.id, wrapped: bytes.toString('base64') }
}

/** A ring with one epoch more, whose key is new and pending. @throws ConfigError if it has a pending one: readers know of one, the last */
export async function withPendingEpoch({ epochs }: Ring, by: KeyWrapper): Promise<Ring> {
  requireNonePending({ epochs })
  const next = await wrapped(epochs.length + 1, randomBytes(KEY_BYTES), by)
  return { epochs: [...epochs, { ...next, pending: true }] }
}

export const pendingIn = ({ epochs }: Ring): RingEpoch | undefined =>
  epochs.find(({ pending }) => pending === true)

/** @throws ConfigError for a ring that a rekey has not ended with */
export function requireNonePending(ring: Ring): void {
  const pending = pendingIn(ring)
  if (pending !== undefined)
    throw new ConfigError(`epoch ${pending.epoch} is pending: end \`continuo privacy rekey\` first`)
}

/** A ring whose pending epoch is the one of now. */
export const settled = ({ epochs }: Ring): Ring => ({
  epochs: epochs.map(({ pending: _, ...epoch }) => epoch),
})

/** Opens all keys of a ring, one that is pending, too. @throws ConfigError naming the wrapping key that is missing or does not open */
export async function openRing({ epochs }: Ring, wrappers: readonly KeyWrapper[]): Promise<EpochKeys> {
  const byId = new Map(wrappers.map((wrapper) => [wrapper.id, wrapper]))
  const missing = [...new Set(epochs.map(({ wrappedBy }) => wrappedBy))].filter((id) => !byId.has(id))
  if (missing.length > 0)
    throw new ConfigError(
      `WRAPPING_KEYS has no key ${listed(missing)}, by which the keys of PSEUDONYM_KEYS are wrapped: add it as ID=KEY, or name it in WRAPPING_KEYS_FILE`,
    )
  const keys = await Promise.all(
    epochs.map(async (each) => {
      const bytes = Buffer.from(each.wrapped, 'base64')
      const key = await byId
        .get(each.wrappedBy)!
        .unwrap(bytes, contextOf(each.epoch))
        .catch(() => undefined)
      if (key?.length === KEY_BYTES) return key
      throw new ConfigError(
        `the key of epoch ${each.epoch} in PSEUDONYM_KEYS does not open by ${each.wrappedBy} of WRAPPING_KEYS: that is another key under its id, or the file is damaged`,
      )
    }),
  )
  return keys as EpochKeys
}
