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
  for (const name of readdirSync(folder)) {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: ScriptCoverage[] }
    for (const script of result) {
      const file = byUrl.get(script.url.replace(/[?#].*$/, ''))
      if (file) markRun(file, script)
    }
  }
}

function markRun({ text, lines, ran }: SourceFile, script: ScriptCoverage): void {
  const run = charactersRun(script, text.length)
  for (const [line, starts] of lines) if (starts.some((start) => run[start])) ran.add(line)
}
