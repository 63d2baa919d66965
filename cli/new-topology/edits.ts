import { eventsIndex } from '../schemas/types.ts'
import { NewTopologyError } from './errors.ts'
import { callWithObject, list } from './layout.ts'
import type { Names } from './names.ts'

/** Says what a file becomes. @throws NewTopologyError where it has the name already, or not the place to write it. */
export type Edit = (text: string, names: Names) => string

const MEND = 'add it by hand, as "Write a topology" in the README says, or mend that place and start again'

/** The first match of `pattern` from `from` on. */
function place(file: string, text: string, pattern: RegExp, what: string, from = 0) {
  const match = pattern.exec(text.slice(from))
  if (match === null) throw new NewTopologyError(`${file} has no ${what}: ${MEND}`)
  const start = from + match.index
  return { match, start, end: start + match[0].length }
}

function refuseTwice(file: string, text: string, pattern: RegExp): void {
  const found = pattern.exec(text)?.[0]
  if (found !== undefined) throw new NewTopologyError(`${file} has "${found}" already: choose another name`)
}

/** After the last import of a file. */
function afterImports(file: string, text: string): number {
  const last = text.lastIndexOf('\nimport ')
  return place(file, text, /from '[^']+'\n/, 'import', last < 0 ? 0 : last).end
}

const insert = (text: string, at: number, added: string) => text.slice(0, at) + added + text.slice(at)

/** The line for the type and the constant of what it writes. */
export const editEvents: Edit = (text, { name }) => {
  const file = 'schemas/events.ts'
  place(file, text, /^export \* from '\.\/events\/[^']+'\n/m, "line like export * from './events/play.v3.ts'")
  const ids = Array.from(text.matchAll(/'\.\/events\/([^']+)\.ts'/g), ([, id]) => id!)
  return eventsIndex([...ids, `${name}.v1`])
}

/** The four topics: repartition, live, closed and late. */
export const editTopics: Edit = (text, { name, camel, word }) => {
  const file = 'schemas/topics.ts'
  refuseTwice(
    file,
    text,
    new RegExp(`\\b${camel}(Repartition|Live|Late)?: topic\\(|'${name}(-repartition|-live|-late)?'`),
  )
  const imported = place(
    file,
    text,
    /^import \{([\w\s,]+)\} from '\.\/events\.ts'\n/m,
    "line like import { playV1 } from './events.ts'",
  )
  const opening = place(file, text, /^export const topics = \{\n/m, 'line export const topics = {')
  const closing = place(file, text, /^\} as const\n/m, 'line } as const', opening.end)
  const constants = (imported.match[1] ?? '').split(',').map((each) => each.trim())
  const all = [...constants.filter((each) => each !== ''), `${camel}V1`].sort()
  const entry = (suffix: string, value: string, retention: string) =>
    callWithObject(
      `${camel}${suffix}: topic`,
      [`'${name}${suffix === '' ? '' : `-${suffix.toLowerCase()}`}'`, value, `'${word}'`],
      `'retention.ms': ${retention}`,
    )
  const entries =
    `  /** Repartition topic of \`${name}\`: plays once more, spread by ${word}. */\n` +
    entry('Repartition', 'cleanPlayV2', 'days(1)') +
    '  /** Every update of an open hour, for screens: absolute values. */\n' +
    entry('Live', `${camel}V1`, 'hours(6)') +
    '  /** Closed hours, once each. */\n' +
    entry('', `${camel}V1`, 'days(30)') +
    entry('Late', 'latePlayV1', 'days(30)')
  const withTopics = insert(text, closing.start, entries)
  const imports = `${list('import {', all, "} from './events.ts'", ' ')}\n`
  return withTopics.slice(0, imported.start) + imports + withTopics.slice(imported.end)
}

/** The migration that creates the topics; `module` is its file name. */
export const editMigrations =
  (module: string): Edit =>
  (text, { camel }) => {
    const file = 'schemas/migrations/index.ts'
    refuseTwice(file, text, new RegExp(`\\b${camel}Topics\\b`))
    const array = place(
      file,
      text,
      /^(export const topicMigrations: .* = \[)([\w\s,]*)\]\n/m,
      'list export const topicMigrations',
    )
    const known = (array.match[2] ?? '').split(',').map((each) => each.trim())
    const all = [...known.filter((each) => each !== ''), `${camel}Topics`]
    const listed = `${list(array.match[1] ?? '', all, ']')}\n`
    const edited = text.slice(0, array.start) + listed + text.slice(array.end)
    return insert(edited, afterImports(file, text), `import { ${camel}Topics } from './${module}'\n`)
  }

/** Its line among the topologies of the product. */
export const editTopologies: Edit = (text, { name, camel }) => {
  const file = 'pipelines/topologies/index.ts'
  refuseTwice(file, text, new RegExp(`'${name}':|\\b${camel}\\b`))
  const opening = place(
    file,
    text,
    /^export const topologies\b[^]*? = \{\n/m,
    'map export const topologies = {',
  )
  const closing = place(file, text, /^\}\n/m, 'line } that ends the map of topologies', opening.end)
  const key = name === camel ? name : `'${name}'`
  const edited = insert(text, closing.start, `  ${key}: () => ${camel},\n`)
  return insert(edited, afterImports(file, text), `import { ${camel} } from './${name}.ts'\n`)
}
