import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Frozen } from '../../schemas/frozen.ts'

export const eventsFolder = join(import.meta.dirname, '../../schemas/events')

const frozenFile = join(eventsFolder, 'frozen.json')

/** Versions that have shipped. */
export const frozenVersions = (): Frozen => JSON.parse(readFileSync(frozenFile, 'utf8')) as Frozen

export const writeFrozen = (versions: Frozen): void =>
  writeFileSync(frozenFile, `${JSON.stringify(versions, null, 2)}\n`)
