import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { codeLines } from './code-lines.ts'
import type { CodeLines } from './code-lines.ts'

/** One file of the product and what of it has run so far. */
export interface SourceFile {
  /** Seen from the root: `sinks/redis/sink.ts`. */
  path: string
  text: string
  lines: CodeLines
  /** Numbers of the lines that ran. */
  ran: Set<number>
}

/** The folders whose lines the gate counts. */
export const rooms = [
  'schemas',
  'sources',
  'pipelines',
  'sinks',
  'gateway',
  'client',
  'dashboards',
  'stack',
  'cli',
]

/** Files that no test can run on such a machine, each with its reason; keep them small. */
export const excluded: Readonly<Record<string, string>> = {}

/**
 * Every TypeScript file of the rooms, loaded by a test or not.
 * @throws if a file is excluded that does not exist: the exclusion has outlived it
 */
export function sourceFiles(root: string): SourceFile[] {
  for (const path of Object.keys(excluded))
    if (!existsSync(join(root, path)))
      throw new Error(`${path} is excluded from coverage but does not exist: remove it from the list`)
  return rooms
    .flatMap((room) => filesBelow(root, room))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !(path in excluded))
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return { path, text, lines: codeLines(text), ran: new Set<number>() }
    })
}

function filesBelow(root: string, room: string): string[] {
  const folder = join(root, room)
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.split('/').includes('node_modules'))
    .map((path) => `${room}/${path}`)
    .sort()
}
