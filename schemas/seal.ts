import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A key that something is sealed with, and the name by which it is found again. */
export interface SealingKey {
  id: string
  /** 32 bytes. */
  bytes: Buffer
}

/** Seals `text` with AES-256-GCM: nonce, tag, ciphertext. It opens under the same `context` only, which stays readable beside it. */
export function seal({ bytes }: SealingKey, context: string, text: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', bytes, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(context))
  const sealed = Buffer.concat([cipher.update(text), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

/** What was sealed. @throws if the key or the context is another, or what is sealed was changed. */
export function unseal({ bytes }: SealingKey, context: string, sealed: Buffer): Buffer {
  const nonce = sealed.subarray(0, NONCE_BYTES)
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', bytes, nonce, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(tag)
  decipher.setAAD(Buffer.from(context))
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
}
