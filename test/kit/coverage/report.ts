import type { SourceFile } from './source-files.ts'

/** Files that the table shows: those with most lines that did not run. */
const tableLength = 25

/** Lines of code, and how many of them ran. */
export function count(files: readonly SourceFile[]): { lines: number; ran: number } {
  let lines = 0
  let ran = 0
  for (const file of files) {
    lines += file.lines.size
    ran += file.lines.size - missedLines(file).length
  }
  return { lines, ran }
}

/** A table of the files with most lines that did not run, one text line each; empty if every line ran. */
export function tableOfMissed(files: readonly SourceFile[]): string[] {
  const worst = files
    .map((file) => ({ file, missed: missedLines(file) }))
    .filter(({ missed }) => missed.length > 0)
    .sort((a, b) => b.missed.length - a.missed.length)
    .slice(0, tableLength)
  if (worst.length === 0) return []
  const width = Math.max(...worst.map(({ file }) => file.path.length))
  return [
    `    ran  missed  ${'file'.padEnd(width)}  lines that did not run`,
    ...worst.map(({ file, missed }) => {
      const share = percent(file.lines.size - missed.length, file.lines.size).padStart(7)
      return `${share}  ${String(missed.length).padStart(6)}  ${file.path.padEnd(width)}  ${ranges(missed)}`
    }),
  ]
}

/** The coverage in lcov's format, which editors and CI services show beside the code. */
export function lcov(files: readonly SourceFile[]): string {
  return files
    .map(({ path, lines, ran }) => {
      const hits = [...lines.keys()]
        .sort((a, b) => a - b)
        .map((line) => `DA:${line},${ran.has(line) ? 1 : 0}\n`)
      return `SF:${path}\n${hits.join('')}end_of_record\n`
    })
    .join('')
}

/** `percent(1, 3)` is `33.3 %`; rounded down, so that 100 % means all. */
export function percent(part: number, whole: number): string {
  return `${(Math.floor((part / whole) * 1000) / 10).toFixed(1)} %`
}

function missedLines({ lines, ran }: SourceFile): number[] {
  return [...lines.keys()].filter((line) => !ran.has(line)).sort((a, b) => a - b)
}

/** `[1, 2, 3, 7]` reads `1-3, 7`. */
function ranges(numbers: readonly number[]): string {
  const found: { from: number; to: number }[] = []
  for (const number of numbers) {
    const last = found.at(-1)
    if (last?.to === number - 1) last.to = number
    else found.push({ from: number, to: number })
  }
  return found.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(', ')
}
