import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { StateFileError } from './state-file-error.ts'

/**
 * Where the fields of LMDB's two meta pages are, in bytes from the first of the page; all are little-endian. The page of the younger
 * transaction counts.
 */
const AT = { magic: 24, version: 28, pageSize: 48, lastPage: 144, transaction: 152 } as const
const META_BYTES = 160
const MAGIC = 0xbeef_c0de
const VERSION = 2

interface Meta {
  pageSize: number
  lastPage: bigint
  transaction: bigint
}

/** @throws StateFileError unless a file begins as LMDB's do, and is as long as it says: LMDB itself would read on behind its end. */
export function requireWhole(path: string): void {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    if (size === 0) return
    const first = metaAt(file, 0)
    const second = metaAt(file, first.pageSize)
    const { lastPage, pageSize } = second.transaction > first.transaction ? second : first
    const whole = (lastPage + 1n) * BigInt(pageSize)
    if (BigInt(size) < whole) throw new StateFileError('torn', `of its ${whole} bytes it has ${size}`)
  } finally {
    closeSync(file)
  }
}

function metaAt(file: number, position: number): Meta {
  const bytes = Buffer.alloc(META_BYTES)
  const read = readSync(file, bytes, { position })
  if (read < META_BYTES) throw new StateFileError('torn', `it ends within its first pages`)
  if (bytes.readUInt32LE(AT.magic) !== MAGIC) throw new StateFileError('unreadable', 'it is no file of LMDB')
  const version = bytes.readUInt32LE(AT.version)
  if (version !== VERSION)
    throw new StateFileError('another_format', `it is of version ${version} of LMDB's files, not ${VERSION}`)
  return {
    pageSize: bytes.readUInt32LE(AT.pageSize),
    lastPage: bytes.readBigUInt64LE(AT.lastPage),
    transaction: bytes.readBigUInt64LE(AT.transaction),
  }
}
