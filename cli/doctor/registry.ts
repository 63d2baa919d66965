import { type SchemaVersion, changesOf, problemsOf } from '../../schemas/compatibility.ts'
import { familyOf, schemaFamilies } from '../../schemas/frozen.ts'
import { RegistryHttpError, registryAt } from '../../schemas/registry-at.ts'
import type { Topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import { type Check, bad, check, ok, warn } from '../../sinks/finding.ts'
import { registeredVersions } from '../schema-versions.ts'
import { eventsFolder } from '../schemas/events-folder.ts'
import type { Around } from './group.ts'
import { some } from './some.ts'

interface SeenSubject {
  subject: string
  /** What holds for it; undefined: the registry's default. */
  compatibility: string | undefined
  registered: readonly SchemaVersion[]
  /** What this release writes. */
  newest: SchemaVersion
  /** All versions of it that this release knows. */
  known: readonly SchemaVersion[]
}

export interface SeenRegistry {
  /** The registry's default, for subjects without a setting of their own. */
  compatibility: string
  /** One for each topic. */
  subjects: readonly SeenSubject[]
}

type RegistryCheck = Check<SeenRegistry>

const WANTED = 'FULL_TRANSITIVE'

export async function lookAtRegistry({ config }: Around): Promise<SeenRegistry> {
  const { SCHEMA_REGISTRY_URL: url, TOPIC_PREFIX: prefix } = config
  const ask = registryAt(url)
  const levelAt = async (path: string) =>
    ((await ask(path)) as { compatibilityLevel: string }).compatibilityLevel
  const families = schemaFamilies(eventsFolder)
  const subjects = Object.values<Topic<unknown>>(topics).map(
    async ({ name, value }): Promise<SeenSubject> => {
      const subject = `${prefix}${name}-value`
      return {
        subject,
        // Apicurio says NONE of a subject that says nothing, unless it is asked for what holds.
        compatibility: await levelAt(`/config/${encodeURIComponent(subject)}?defaultToGlobal=true`).catch(
          noneOf,
        ),
        registered: await registeredVersions(url, subject),
        newest: { id: value.id, type: value.type },
        known: families.get(familyOf(value.id)) ?? [],
      }
    },
  )
  return { compatibility: await levelAt('/config'), subjects: await Promise.all(subjects) }
}

function noneOf(error: unknown): undefined {
  if (error instanceof RegistryHttpError && error.status === 404) return
  throw error
}

const isThere = ({ registered }: SeenSubject) => registered.length > 0

const subjectsThere: RegistryCheck = check('subjects', ({ subjects }) => {
  const missing = subjects.filter((each) => !isThere(each)).map(({ subject }) => subject)
  if (missing.length === 0) return ok(`all ${subjects.length} are registered`)
  return bad(`not registered: ${some(missing)}`, '`continuo migrate`')
})

const compatibility: RegistryCheck = check('compatibility', ({ compatibility: byDefault, subjects }) => {
  const there = subjects.filter(isThere)
  if (there.length === 0) return ok(`${WANTED} is set with the first version of each`)
  const loose = there.filter((each) => (each.compatibility ?? byDefault) !== WANTED)
  if (loose.length === 0) return ok(`${WANTED} for ${there.length} subjects; ${byDefault} for others`)
  const told = loose.map(({ subject, compatibility: own }) =>
    own === undefined ? `${subject} (${byDefault}, by default)` : `${subject} (${own})`,
  )
  const put = (subject: string) =>
    `curl -X PUT -H 'content-type: application/json' -d '{"compatibility":"${WANTED}"}' "$SCHEMA_REGISTRY_URL/config/${subject}"`
  return bad(
    `a version that others cannot read could be registered for ${some(told)}`,
    some(
      loose.map(({ subject }) => put(subject)),
      '\n',
    ),
  )
})

const isSame = (one: SchemaVersion) => (other: SchemaVersion) => changesOf(one.type, other.type).length === 0

const readable: RegistryCheck = check('versions', ({ subjects }) => {
  const problems = subjects.flatMap(({ subject, newest, registered }) =>
    problemsOf(newest, registered, WANTED).map((problem) => `${subject}: ${problem}`),
  )
  if (problems.length > 0)
    return bad(
      some(problems, ' '),
      '`continuo schemas diff --registry` shows what differs: run the release that has registered it, or take another TOPIC_PREFIX',
    )
  const behind = subjects.filter((each) => isThere(each) && !each.registered.some(isSame(each.newest)))
  if (behind.length > 0)
    return warn(
      `not registered yet: ${some(behind.map(({ subject, newest }) => `${newest.id} for ${subject}`))}`,
      '`continuo schemas register`',
    )
  const foreign = subjects.flatMap(({ subject, registered, known }) =>
    registered.filter((version) => !known.some(isSame(version))).map(({ id }) => `${id} of ${subject}`),
  )
  if (foreign.length > 0)
    return warn(
      `this release does not know ${some(foreign)}`,
      'run the newest release: what another one has added is not read by this one',
    )
  return ok('those of this release are there')
})

export const registryChecks: readonly RegistryCheck[] = [subjectsThere, compatibility, readable]
