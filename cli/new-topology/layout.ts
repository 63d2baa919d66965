/** As the formatter breaks lines (.prettierrc.json). */
const WIDTH = 110

/** `before`, the items, `after` in one line if that fits, else an item a line. */
export function list(before: string, items: readonly string[], after: string, padding = ''): string {
  const line = `${before}${padding}${items.join(', ')}${padding}${after}`
  return line.length <= WIDTH ? line : `${before}\n${items.map((item) => `  ${item},\n`).join('')}${after}`
}

/** A property that is a call whose last argument is an object of one entry a line. */
export function callWithObject(before: string, args: readonly string[], entry: string): string {
  const line = `  ${before}(${args.join(', ')}, {`
  if (line.length <= WIDTH) return `${line}\n    ${entry},\n  }),\n`
  const lines = args.map((each) => `    ${each},\n`).join('')
  return `  ${before}(\n${lines}    { ${entry} },\n  ),\n`
}
