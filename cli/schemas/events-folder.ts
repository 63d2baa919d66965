import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Frozen } from '../../schemas/frozen.ts'

export const eventsFolder = join(import.meta.dirname, '../../schemas/events')

/** Versions that have shipped. */
export const frozenVersions = (): Frozen =>
  JSON.parse(readFileSync(join(eventsFolder, 'frozen.json'), 'utf8')) as Frozen
