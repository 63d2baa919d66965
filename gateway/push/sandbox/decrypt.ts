import { type ECDH, createDecipheriv } from 'node:crypto'
import { contentKey } from '../web-push/encrypt.ts'

const HEAD_BYTES = 21
const POINT_BYTES = 65
const TAG_BYTES = 16
const END = 2

/** What a body of one record says to the browser that has these keys (RFC 8291). @throws if it does not open */
export function decrypt(body: Buffer, keys: ECDH, auth: Buffer): Buffer {
  const salt = body.subarray(0, 16)
  if (body.length < HEAD_BYTES || body.readUInt8(20) !== POINT_BYTES)
    throw new RangeError('the body does not begin as aes128gcm does')
  const recordBytes = body.readUInt32BE(16)
  const sender = body.subarray(HEAD_BYTES, HEAD_BYTES + POINT_BYTES)
  const record = body.subarray(HEAD_BYTES + POINT_BYTES)
  if (record.length > recordBytes) throw new RangeError('the body has more than one record')
  const shared = keys.computeSecret(sender)
  const { key, nonce } = contentKey({ shared, auth, p256dh: keys.getPublicKey(), sender, salt })
  const decipher = createDecipheriv('aes-128-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(record.subarray(record.length - TAG_BYTES))
  const text = Buffer.concat([decipher.update(record.subarray(0, -TAG_BYTES)), decipher.final()])
  // Behind the text comes a 2, and then perhaps padding.
  const end = text.findLastIndex((byte) => byte !== 0)
  if (text[end] !== END) throw new RangeError('the record does not end as the last one does')
  return text.subarray(0, end)
}
