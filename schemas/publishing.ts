import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Functions in Lua by which every publisher of a channel begins epochs and publishes; put before a script that calls them. */
export const publishLua = readFileSync(join(import.meta.dirname, 'publishing.lua'), 'utf8')
