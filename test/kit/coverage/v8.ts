/** One script in V8's coverage: of NODE_V8_COVERAGE's files, and of Chromium's `page.coverage`. */
export interface ScriptCoverage {
  url: string
  functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[]
}

/**
 * Which characters of a script ran: 1 at each offset that did.
 * V8 lists a function before those inside it and a block before those inside it, so the inner count is painted over
 * the outer one.
 * @param length of the script in UTF-16 units, as V8's offsets are
 */
export function charactersRun({ functions }: ScriptCoverage, length: number): Uint8Array {
  const run = new Uint8Array(length)
  for (const { ranges } of functions)
    for (const { startOffset, endOffset, count } of ranges)
      run.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  return run
}
