import { statfs } from 'node:fs/promises'
import { StackError } from './errors.ts'

const gibibyte = 1024 ** 3

/**
 * Refuses a folder with too little room: services that run into a full disk fail late and in odd ways.
 * @throws StackError `disk_full`.
 */
export async function requireDiskSpace(folder: string, bytes = gibibyte): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= bytes) return
  throw diskFull(
    folder,
    `${Math.floor(free / 1024 ** 2)} MiB are free, ${Math.ceil(bytes / 1024 ** 2)} needed`,
  )
}

/** The same refusal for a write that failed with ENOSPC. */
export function diskFull(folder: string, detail: string, cause?: unknown): StackError {
  return new StackError(
    'disk_full',
    `the disk of ${folder} is full (${detail})`,
    'make room, or choose a folder on another disk (--data-dir, and CONTINUO_CACHE for downloads)',
    cause,
  )
}
