import { type SealingKey, seal, unseal } from '../../schemas/seal.ts'

/**
 * Who keeps a wrapping key, and wraps other keys with it. The one below has it in memory. Another, for a service that does not give its keys
 * away (AWS KMS: `Encrypt` and `Decrypt` with `context` as the encryption context), implements this and is named in `wrappersOf`: nothing
 * else of Continuo sees a wrapping key.
 */
export interface KeyWrapper {
  /** By which a wrapped key says who opens it. */
  readonly id: string
  wrap(key: Buffer, context: string): Promise<Buffer>
  /** @throws if it was wrapped by another key, under another context, or was changed */
  unwrap(wrapped: Buffer, context: string): Promise<Buffer>
}

/** Wraps with AES-256-GCM. */
export const localWrapper = (wrapping: SealingKey): KeyWrapper => ({
  id: wrapping.id,
  wrap: async (key, context) => seal(wrapping, context, key),
  unwrap: async (wrapped, context) => unseal(wrapping, context, wrapped),
})
