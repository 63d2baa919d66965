import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type avro from 'avsc'
import { byVersion, familyOf, schemaFamilies } from '../../schemas/frozen.ts'

/** Of the engine, which is a package by itself: its type stands in `schemas/dead-letter.ts`. */
const OF_THE_ENGINE = 'dead-letter'
/** As the formatter breaks lines (.prettierrc.json). */
const WIDTH = 110

const MADE = 'Made by `npm run schemas:types`: change'

/** The TypeScript of all schemas, by the path of its file within the project. */
export function typeFiles(root: string): Map<string, string> {
  const folder = join(root, 'schemas/events')
  const families = [...schemaFamilies(folder)].filter(([name]) => name !== OF_THE_ENGINE)
  const ids = families.flatMap(([, versions]) => versions.map(({ id }) => id))
  const files = ids.map((id): [string, string] => [
    `schemas/events/${id}.ts`,
    typeFile(id, readFileSync(join(folder, `${id}.avsc`), 'utf8')),
  ])
  return new Map([...files, ['schemas/events.ts', eventsIndex(ids)]])
}

/** `schemas/events/<id>.ts`: the interfaces of a schema, and its constant. */
export function typeFile(id: string, text: string): string {
  const schema = JSON.parse(text) as avro.schema.RecordType
  const found: string[] = []
  interfaceOf(schema, found)
  const constant = `export const ${constantOf(id)} = `
  const call = `eventSchema<${schema.name}>('${id}')`
  const fitted = constant.length + call.length <= WIDTH ? call : `eventSchema<${schema.name}>(\n  '${id}',\n)`
  return `// ${MADE} ${id}.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

${found.join('\n\n')}

${constant}${fitted}
`
}

/** `schemas/events.ts`: of each family the types and the constant of its newest version, and the constants of those before. */
export function eventsIndex(ids: readonly string[]): string {
  const families = Map.groupBy(ids.toSorted(byVersion), familyOf)
  const lines = [...families.values()].flatMap((versions) =>
    versions.map((id, index) =>
      index === versions.length - 1
        ? `export * from './events/${id}.ts'`
        : `export { ${constantOf(id)} } from './events/${id}.ts'`,
    ),
  )
  return `// ${MADE} the schemas in events/ instead.\n${lines.join('\n')}\n`
}

/** `play.v3` is `playV3`. */
export const constantOf = (id: string) =>
  id.replace(/[-.]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** Adds the interface of a record behind those of what it holds. */
function interfaceOf(schema: avro.schema.RecordType, found: string[]): string {
  const fields = schema.fields.map((field) => {
    const { doc } = field as { doc?: string }
    return comment(doc, '  ') + property(field.name, typeOf(field.type, found))
  })
  found.push(`${comment(schema.doc, '')}export interface ${schema.name} {\n${fields.join('\n')}\n}`)
  return schema.name
}

const comment = (doc: string | undefined, indent: string) =>
  doc === undefined ? '' : `${indent}/** ${doc.replaceAll('*/', '*\\/')} */\n`

function property(name: string, types: readonly string[]): string {
  const line = `  ${name}: ${types.join(' | ')}`
  return line.length <= WIDTH ? line : [`  ${name}:`, ...types.map((each) => `    | ${each}`)].join('\n')
}

const primitives: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  string: 'string',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  bytes: 'Buffer',
}

/** How TypeScript says an Avro type: the members of a union. Null comes last, as it does in what people write. */
function typeOf(schema: avro.Schema, found: string[]): string[] {
  if (Array.isArray(schema)) {
    const types = schema.flatMap((each: avro.Schema) => typeOf(each, found))
    return [...types.filter((each) => each !== 'null'), ...types.filter((each) => each === 'null')]
  }
  if (typeof schema === 'string') return [primitives[schema] ?? schema.replace(/^.*\./, '')]
  const { type } = schema as { type: string }
  if (type === 'record') return [interfaceOf(schema as avro.schema.RecordType, found)]
  if (type === 'enum') return (schema as avro.schema.EnumType).symbols.map((symbol) => `'${symbol}'`)
  if (type === 'fixed') return ['Buffer']
  if (type === 'array') return [listOf(typeOf((schema as avro.schema.ArrayType).items, found))]
  if (type === 'map')
    return [`Record<string, ${typeOf((schema as avro.schema.MapType).values, found).join(' | ')}>`]
  return typeOf(type, found)
}

const listOf = (types: readonly string[]) =>
  types.length === 1 ? `${types[0]!}[]` : `(${types.join(' | ')})[]`
