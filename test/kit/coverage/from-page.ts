import { readFileSync, readdirSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { join } from 'node:path'
import type { SourceMapPayload } from 'node:module'
import type { SourceFile } from './source-files.ts'
import { charactersRun } from './v8.ts'
import type { ScriptCoverage } from './v8.ts'

/** What `page.coverage.stopJSCoverage()` gives for a script; `sourceMap` if the bundle does not carry it inline. */
export interface PageScript extends ScriptCoverage {
  source?: string
  sourceMap?: SourceMapPayload
}

const inlineMap = /\/\/# sourceMappingURL=data:application\/json[^,]*;base64,([\w+/=]+)\s*$/

/**
 * Marks the lines that ran in a page, from the JSON files in `folder`: each an array of {@link PageScript}.
 * A line ran if generated code that ran is mapped to it. Code that the bundler left out is mapped to nothing, so it
 * does not count as run.
 * @throws if there are scripts and none is mapped to a file of ours: the gate would count the page as never run
 */
export function markRunInPage(files: readonly SourceFile[], folder: string): void {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  let marked = 0
  for (const name of names)
    for (const script of JSON.parse(readFileSync(join(folder, name), 'utf8')) as PageScript[])
      marked += markRun(files, script)
  if (names.length > 0 && marked === 0)
    throw new Error(
      `page coverage in ${names.join(', ')} maps to no source file: write what page.coverage.stopJSCoverage() ` +
        'returns, of a bundle with an inline source map or with the map added to its entry as sourceMap',
    )
}

function markRun(files: readonly SourceFile[], script: PageScript): number {
  const { source = '' } = script
  const payload = script.sourceMap ?? inlineMapOf(source)
  if (!payload) return 0
  const map = new SourceMap(payload)
  const fileOf = new Map(payload.sources.map((name) => [name, fileNamed(files, name)]))
  const run = charactersRun(script, source.length)
  let marked = 0
  let offset = 0
  for (const [lineIndex, line] of source.split('\n').entries()) {
    for (let column = 0; column < line.length; column++) {
      if (!run[offset + column]) continue
      const origin = map.findEntry(lineIndex, column)
      if (!('originalSource' in origin) || origin.generatedLine !== lineIndex) continue
      const file = fileOf.get(origin.originalSource)
      if (file) marked++
      file?.ran.add(origin.originalLine + 1)
    }
    offset += line.length + 1
  }
  return marked
}

function inlineMapOf(source: string): SourceMapPayload | undefined {
  const encoded = inlineMap.exec(source)?.[1]
  if (!encoded) return undefined
  return JSON.parse(Buffer.from(encoded, 'base64').toString()) as SourceMapPayload
}

/** A bundler names a source as seen from its output folder: `../../dashboards/web/main.ts`, or only its last parts. */
function fileNamed(files: readonly SourceFile[], name: string): SourceFile | undefined {
  if (name.includes('node_modules/')) return undefined
  const tail = `/${name.replace(/^(\.{1,2}\/)+/, '')}`
  const found = files.filter(({ path }) => `/${path}`.endsWith(tail) || tail.endsWith(`/${path}`))
  return found.length === 1 ? found[0] : undefined
}
