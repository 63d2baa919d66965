import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SourceFile } from './source-files.ts'
import { charactersRun } from './v8.ts'
import type { ScriptCoverage } from './v8.ts'

/**
 * Marks the lines that ran in any Node process: one JSON file each in `folder`, where NODE_V8_COVERAGE had them written.
 * Node strips types by blanking them, so offsets in what ran are offsets in the source.
 */
export function markRunInNode(
  files: readonly SourceFile[],
  { root, folder }: { root: string; folder: string },
): void {
  const byUrl = new Map(files.map((file) => [pathToFileURL(join(root, file.path)).href, file]))
  for (const name of readdirSync(folder))
    for (const [url, script] of scripts(readFileSync(join(folder, name), 'utf8'))) {
      const file = byUrl.get(url)
      if (file && file.ran.size < file.lines.size) markRun(file, JSON.parse(script) as ScriptCoverage)
    }
}

/** A script begins so; within a string its quotes would be escaped. */
const BEGINS = '{"scriptId":'

/**
 * The scripts of a process, URL and JSON. A run writes gigabytes of them, most of packages, and most of the others tell of
 * lines that have been marked before: only the rest is worth being parsed.
 */
function* scripts(coverage: string): Generator<[url: string, json: string]> {
  const [, ...entries] = coverage.slice(0, coverage.lastIndexOf('],"timestamp":')).split(BEGINS)
  for (const entry of entries) {
    const [, url] = /^"\d+","url":"([^"?#]*)/.exec(entry) ?? []
    if (url === undefined)
      throw new Error(`V8 writes its coverage otherwise than it did: ${entry.slice(0, 80)}`)
    yield [url, BEGINS + entry.replace(/,$/, '')]
  }
}

function markRun({ text, lines, ran }: SourceFile, script: ScriptCoverage): void {
  const run = charactersRun(script, text.length)
  for (const [line, starts] of lines) if (starts.some((start) => run[start])) ran.add(line)
}
