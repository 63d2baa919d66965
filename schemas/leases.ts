import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Functions in Lua for sets whose members run out by the time of Redis: clocks of who writes and who reads need not agree. */
export const leasesLua = readFileSync(join(import.meta.dirname, 'leases.lua'), 'utf8')

/** How many members of a set have not run out. */
export interface CountLeased {
  countLeased(key: string): Promise<number>
}

export const countLeased = {
  countLeased: { lua: `${leasesLua}return count_leased(KEYS[1])`, numberOfKeys: 1 },
}
