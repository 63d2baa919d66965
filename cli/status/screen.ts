/** What is needed of a terminal. */
export interface Terminal {
  write(text: string): unknown
  readonly columns?: number
  readonly rows?: number
}

const HOME = '\x1b[H'
const REST_OF_LINE = '\x1b[K'
const REST_OF_SCREEN = '\x1b[J'

/**
 * Draws lines over what was drawn before, without a flicker. Long sentences are wrapped, other lines cut off at the edge; what
 * does not fit below is left out.
 */
export function draw(terminal: Terminal, lines: readonly string[]): void {
  const [columns, rows] = [terminal.columns || 80, terminal.rows || 24]
  const fitting = lines.flatMap((line) => (line.includes('→') ? wrapped(line, columns) : [line]))
  const shown = fitting.slice(0, rows - 1).map((line) => line.slice(0, columns) + REST_OF_LINE)
  terminal.write(`${HOME}${shown.join('\n')}\n${REST_OF_SCREEN}`)
}

/** A sentence in lines of that width, those behind the first as far in as its words. */
export function wrapped(sentence: string, width: number): string[] {
  const [, indent = ''] = /^( *→ )/.exec(sentence) ?? []
  const lines: string[] = []
  let line = indent
  for (const word of sentence.slice(indent.length).split(' ')) {
    if (line.trim() !== '' && line.length + word.length > width && line !== indent) {
      lines.push(line.trimEnd())
      line = ' '.repeat(indent.length)
    }
    line += `${word} `
  }
  return [...lines, line.trimEnd()]
}
