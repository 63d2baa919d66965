import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Functions in Lua by which every publisher of a channel begins epochs and publishes; put before a script that calls them. */
export const publishLua = readFileSync(join(import.meta.dirname, 'publishing.lua'), 'utf8')

/** As the run of a server: in a cluster a script may end up at another one than was asked, so it asks for itself. */
export const ASK_THE_SERVER = ''

/**
 * Which run of the server this is, from what it answers to `INFO server`: one that was restarted may have lost its last second.
 * @throws if it does not say
 */
export function runIdIn(info: string): string {
  const runId = /^run_id:(\w+)/m.exec(info)?.[1]
  if (runId === undefined) throw new Error('Redis does not tell its run_id: INFO server must be allowed')
  return runId
}
