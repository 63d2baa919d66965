import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type avro from 'avsc'
import { parseSchema } from './avro/parse.ts'
import { type Compatibility, type SchemaVersion, problemsOf } from './compatibility.ts'

/** Versions of schemas that have shipped, each with the digest of all that its file says. */
export type Frozen = Readonly<Record<string, string>>

const VERSIONED = /^(.+)\.v(\d+)$/

/** The families of a folder of `<name>.v<N>.avsc`, each from its first version to its newest. */
export function schemaFamilies(folder: string): Map<string, SchemaVersion[]> {
  const ids = readdirSync(folder)
    .filter((file) => file.endsWith('.avsc'))
    .map((file) => file.slice(0, -'.avsc'.length))
  const versions = ids.sort(byVersion).map((id) => ({ id, type: parseSchema(schemaIn(folder, id)) }))
  return Map.groupBy(versions, ({ id }) => familyOf(id))
}

/** `play` of `play.v3`. */
export const familyOf = (id: string): string => VERSIONED.exec(id)?.[1] ?? id

/** By name, and by number. */
export function byVersion(one: string, other: string): number {
  const [names, numbers] = [
    [one, other].map(familyOf),
    [one, other].map((id) => Number(VERSIONED.exec(id)?.[2])),
  ]
  if (names[0] === names[1]) return numbers[0]! - numbers[1]!
  return names[0]! < names[1]! ? -1 : 1
}

const schemaIn = (folder: string, id: string) =>
  JSON.parse(readFileSync(join(folder, `${id}.avsc`), 'utf8')) as avro.Schema

/** What a version is frozen by: names, types, defaults, aliases and words, however they are laid out. */
export const digestOf = (folder: string, id: string): string =>
  createHash('sha256')
    .update(JSON.stringify(schemaIn(folder, id)))
    .digest('hex')

/** What has shipped, and what ships now: versions of before are what they were. */
export function frozenWith(folder: string, frozen: Frozen): Frozen {
  const all = [...schemaFamilies(folder).values()].flat().map(({ id }) => [id, digestOf(folder, id)] as const)
  const known = Object.entries({ ...Object.fromEntries(all), ...frozen })
  return Object.fromEntries(known.toSorted(([one], [other]) => byVersion(one, other)))
}

/** What is wrong with the schemas of a folder, a line each: versions that cannot read one another, frozen ones that have changed or gone. */
export function problemsIn(
  folder: string,
  frozen: Frozen,
  compatibility: Compatibility,
  chosen?: readonly string[],
): string[] {
  const families = schemaFamilies(folder)
  const ids = new Set([...families.values()].flat().map(({ id }) => id))
  const thawed = Object.entries(frozen).flatMap(([id, digest]) => {
    if (!ids.has(id)) return [`${id} has shipped and is gone: put it back, for there may be values of it`]
    if (digestOf(folder, id) === digest) return []
    return [`${id} has shipped and has changed: put it back as it was, and add a version`]
  })
  const wanted = chosen ?? [...families.keys()]
  const misread = wanted
    .map((name) => families.get(name) ?? [])
    .flatMap((versions) =>
      versions.flatMap((version, index) => problemsOf(version, versions.slice(0, index), compatibility)),
    )
  return [...thawed, ...misread]
}
