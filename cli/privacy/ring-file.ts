import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { JsonForm } from '../../schemas/json-form.ts'
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

const form = new JsonForm<Ring>({
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
        `PSEUDONYM_KEYS: there is no file ${file}: restore it, or, if there has never been one, have \`continuo privacy rotate --new\` make it of PSEUDONYM_KEY`,
        { cause },
      )
    // What JSON.parse says repeats what it has read.
    throw new ConfigError(`PSEUDONYM_KEYS: ${file} cannot be read, or is no JSON: restore it`)
  }
  if (!form.fits(ring))
    throw new ConfigError(`PSEUDONYM_KEYS: ${file} is no key ring: ${form.complaint('it')}: restore it`)
  const { epochs } = ring
  const isWhole = epochs.every(
    ({ epoch, pending }, at) => epoch === at + 1 && (pending === undefined || at === epochs.length - 1),
  )
  if (!isWhole || epochs[0]?.pending === true)
    throw new ConfigError(`PSEUDONYM_KEYS: ${file} does not have each epoch once, in order: restore it`)
  return ring
}

/**
 * Puts a ring in the place of the one that was read as `before`, or where there is none: whoever reads it meets the one or the other, whole, whenever the
 * machine stops. Who writes beside it holds it meanwhile. Mode and owner stay as they are, and a link stays a link.
 * @throws ConfigError if it is another one by now, or somebody else holds it
 */
export function replaceRing(file: string, before: Ring | undefined, ring: Ring): void {
  const place = before === undefined ? file : realpathSync(file)
  const made = `${place}.new`
  const handle = openNew(made)
  try {
    requireUnchanged(place, before)
    if (before !== undefined) {
      const { mode, uid, gid } = statSync(place)
      fchownSync(handle, uid, gid)
      fchmodSync(handle, mode & 0o777)
    }
    writeFileSync(handle, `${JSON.stringify(ring, null, 2)}\n`)
    fsyncSync(handle)
    renameSync(made, place)
  } catch (error) {
    unlinkSync(made)
    throw explained(error, place)
  } finally {
    closeSync(handle)
  }
  const folder = openSync(dirname(place), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

function openNew(made: string): number {
  try {
    return openSync(made, 'wx', 0o600)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new ConfigError(
      `${made} is there: another command is changing the key ring; if none is, one was killed, and the file may be removed`,
      { cause },
    )
  }
}

/** Whether the ring there is still the one that was read. */
export const isStill = (file: string, ring: Ring): boolean =>
  JSON.stringify(readRing(file)) === JSON.stringify(ring)

function requireUnchanged(file: string, before: Ring | undefined): void {
  if (before === undefined && existsSync(file))
    throw new ConfigError(`${file} is there already: a key ring is made once`)
  if (before !== undefined && !isStill(file, before))
    throw new ConfigError(`${file} has been changed meanwhile: look at it, and try again`)
}

function explained(error: unknown, file: string): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EBUSY':
      return new ConfigError(`${file} is mounted by itself, and cannot be replaced: mount its folder`, {
        cause: error,
      })
    case 'EPERM':
      return new ConfigError(`${file} is somebody else's, and would be so no more: run this as its owner`, {
        cause: error,
      })
    default:
      return error
  }
}
