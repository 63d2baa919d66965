import { familyOf } from '../../schemas/frozen.ts'
import type { SchemaVersion } from '../../schemas/compatibility.ts'
import type { Topic } from '../../schemas/topic.ts'
import { constantOf } from './types.ts'

/** Versions that are newer than what their topics are written with, a line each. */
export function unwrittenIn(
  families: ReadonlyMap<string, readonly SchemaVersion[]>,
  topics: readonly Topic<unknown>[],
): string[] {
  return topics.flatMap(({ name, value: { id } }) => {
    const newest = families.get(familyOf(id))!.at(-1)!.id
    if (newest === id) return []
    return [
      `${newest} is written by nobody: topic ${name} has ${id}; name ${constantOf(newest)} in schemas/topics.ts`,
    ]
  })
}
