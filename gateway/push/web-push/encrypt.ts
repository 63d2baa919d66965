import { type ECDH, createCipheriv, createECDH, createHmac, randomBytes } from 'node:crypto'

/** Of a message's text: more would make a body of more than 4,096 bytes, which is what every push service takes (RFC 8291, section 4). */
export const MOST_TEXT_BYTES = 3_993

const CURVE = 'prime256v1'
const SALT_BYTES = 16
const KEY_BYTES = 16
const NONCE_BYTES = 12
const RECORD_BYTES = 4_096
/** Ends the last record (RFC 8188, section 2): here it is the only one. */
const END = Buffer.from([2])

/** Ends what HKDF expands to its first block; nothing here is longer (RFC 5869, section 2.3). */
const FIRST_BLOCK = Buffer.from([1])
const KEY_INFO = Buffer.from('WebPush: info\0')
const CONTENT_KEY_INFO = Buffer.from('Content-Encoding: aes128gcm\0\x01')
const NONCE_INFO = Buffer.from('Content-Encoding: nonce\0\x01')

/** What is secret or random for one message alone; given by tests. */
export interface Ephemeral {
  keys: ECDH
  salt: Buffer
}

/** A browser's public key (65 bytes) and secret (16 bytes). */
export interface Receiver {
  p256dh: Buffer
  auth: Buffer
}

/** Gets a new pair for each message; to make it anew as well would cost a tenth of the speed. */
const pair = createECDH(CURVE)

/** A key pair and a salt that are used once. */
function ephemeral(): Ephemeral {
  pair.generateKeys()
  return { keys: pair, salt: randomBytes(SALT_BYTES) }
}

/** Encrypts a message for a browser: the body of a push, with the content coding `aes128gcm` (RFC 8291, RFC 8188). */
export function encrypt(
  text: Buffer,
  { p256dh, auth }: Receiver,
  { keys, salt }: Ephemeral = ephemeral(),
): Buffer {
  const sender = keys.getPublicKey()
  const { key, nonce } = contentKey({ shared: keys.computeSecret(p256dh), auth, p256dh, sender, salt })
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  const head = Buffer.alloc(SALT_BYTES + 5)
  salt.copy(head)
  head.writeUInt32BE(RECORD_BYTES, SALT_BYTES)
  head.writeUInt8(sender.length, SALT_BYTES + 4)
  return Buffer.concat([
    head,
    sender,
    cipher.update(text),
    cipher.update(END),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

export interface Agreement extends Receiver {
  /** What both have computed of the other's public key. */
  shared: Buffer
  /** The sender's public key. */
  sender: Buffer
  salt: Buffer
}

/**
 * The key and the nonce of the only record (RFC 8291, section 3.4), step by step: `hkdfSync` would extract from the same salt twice, and cost a fifth
 * of all pushes that a core can encrypt.
 */
export function contentKey({ shared, auth, p256dh, sender, salt }: Agreement): {
  key: Buffer
  nonce: Buffer
} {
  const secret = hmac(hmac(auth, shared), Buffer.concat([KEY_INFO, p256dh, sender, FIRST_BLOCK]))
  const extracted = hmac(salt, secret)
  return {
    key: hmac(extracted, CONTENT_KEY_INFO).subarray(0, KEY_BYTES),
    nonce: hmac(extracted, NONCE_INFO).subarray(0, NONCE_BYTES),
  }
}

const hmac = (key: Buffer, text: Buffer): Buffer => createHmac('sha256', key).update(text).digest()
