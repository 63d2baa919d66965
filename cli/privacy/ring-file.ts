import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Ajv } from 'ajv'
import { ConfigError } from '../config.ts'

/** The key of one epoch of pseudonyms, wrapped. */
export interface RingEpoch {
  /** Counted from 1. */
  epoch: number
  /** Id of the wrapping key. */
  wrappedBy: string
  /** In base64. */
  wrapped: string
  /** Its pseudonyms are still being brought in by `continuo privacy rekey`. */
  pending?: true
}

/** The file that PSEUDONYM_KEYS names: the epochs, the oldest first. */
export interface Ring {
  epochs: readonly RingEpoch[]
}

const isRing = new Ajv().compile<Ring>({
  type: 'object',
  properties: {
    epochs: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          epoch: { type: 'integer' },
          wrappedBy: { type: 'string', minLength: 1 },
          wrapped: { type: 'string', minLength: 1 },
          pending: { const: true },
        },
        required: ['epoch', 'wrappedBy', 'wrapped'],
        additionalProperties: false,
      },
    },
  },
  required: ['epochs'],
  additionalProperties: false,
})

/** @throws ConfigError for a file that is missing, or is not as it should be */
export function readRing(file: string): Ring {
  let ring: unknown
  try {
    ring = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new ConfigError(
        `PSEUDONYM_KEYS: there is no file ${file}: restore it, or, if there has never been one, have \`continuo privacy rotate\` make it of PSEUDONYM_KEY`,
        { cause },
      )
    // What JSON.parse says repeats what it has read.
    throw new ConfigError(`PSEUDONYM_KEYS: ${file} cannot be read, or is no JSON: restore it`)
  }
  if (!isRing(ring)) {
    const [{ instancePath, message } = {}] = isRing.errors ?? []
    throw new ConfigError(
      `PSEUDONYM_KEYS: ${file} is no key ring: ${instancePath || 'it'} ${message}: restore it`,
    )
  }
  const { epochs } = ring
  const isWhole = epochs.every(
    ({ epoch, pending }, at) => epoch === at + 1 && (pending === undefined || at === epochs.length - 1),
  )
  if (!isWhole || epochs[0]?.pending === true)
    throw new ConfigError(`PSEUDONYM_KEYS: ${file} does not have each epoch once, in order: restore it`)
  return ring
}

/**
 * Puts a ring in the place of the one that was read as `before`: whoever reads it meets the one or the other, whole, whenever the machine stops.
 * @throws ConfigError if it is another one by now
 */
export function replaceRing(file: string, before: Ring | undefined, ring: Ring): void {
  if (before !== undefined && JSON.stringify(readRing(file)) !== JSON.stringify(before))
    throw new ConfigError(`${file} has been changed meanwhile: look at it, and try again`)
  const made = `${file}.${randomUUID()}`
  const handle = openSync(made, 'wx', 0o600)
  try {
    writeFileSync(handle, `${JSON.stringify(ring, null, 2)}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(made, file)
  const folder = openSync(dirname(file), 'r')
  fsyncSync(folder)
  closeSync(folder)
}
