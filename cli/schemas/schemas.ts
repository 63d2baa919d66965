import { Argument, Command, Option } from 'commander'
import {
  type Compatibility,
  type SchemaVersion,
  changesOf,
  compatibilities,
  problemsOf,
} from '../../schemas/compatibility.ts'
import { type Frozen, familyOf, frozenWith, problemsIn, schemaFamilies } from '../../schemas/frozen.ts'
import type { Topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import { openCodec } from '../codec.ts'
import { commandLog } from '../command-log.ts'
import { type Config, loadConfig } from '../config.ts'
import { requireServices } from '../reachable.ts'
import { registeredVersions } from '../schema-versions.ts'
import { counted } from '../status/text.ts'
import { eventsFolder, frozenVersions, writeFrozen } from './events-folder.ts'
import { unwrittenIn } from './unwritten.ts'

const families = schemaFamilies(eventsFolder)
const names = [...families.keys()]
const which = () => new Argument('[schema...]', 'which, without version').choices(names).default(names, 'all')
const registryOption = () => new Option('--registry', 'beside what the registry has')

/** `continuo schemas check|register|diff|freeze` */
export function schemasCommand(): Command {
  return new Command('schemas')
    .addCommand(
      new Command('check')
        .summary('say which versions cannot read one another, and how to do it right; changes nothing')
        .addArgument(which())
        .addOption(
          new Option('--compatibility <mode>', 'who must read whom')
            .choices(compatibilities)
            .default('FULL_TRANSITIVE' satisfies Compatibility),
        )
        .addOption(registryOption())
        .action(check),
    )
    .addCommand(
      new Command('register')
        .summary(
          'register the newest versions for their topics, if they and what the registry has can read one another',
        )
        .action(register),
    )
    .addCommand(
      new Command('diff')
        .summary('say what each version has changed')
        .addArgument(which())
        .addOption(registryOption())
        .action(diff),
    )
    .addCommand(
      new Command('freeze')
        .summary('hold versions that ship now to what they are, in schemas/events/frozen.json')
        .action(freezeAll),
    )
}

interface CheckOptions {
  compatibility: Compatibility
  registry?: boolean
}

async function check(chosen: string[], options: CheckOptions): Promise<void> {
  tellProblems(chosen, options, await problemsOfAll(chosen, options))
}

/** What is wrong with the chosen schemas, a line each. */
async function problemsOfAll(chosen: string[], options: CheckOptions): Promise<string[]> {
  const { compatibility, registry = false } = options
  const frozen = Object.entries(frozenVersions()).filter(([id]) => chosen.includes(familyOf(id)))
  const problems = problemsIn(
    eventsFolder,
    Object.fromEntries(frozen) satisfies Frozen,
    compatibility,
    chosen,
  )
  const unwritten = unwrittenIn(families, topicsOf(chosen))
  if (!registry) return [...problems, ...unwritten]
  const subjects = await subjectsOf(loadConfig(), chosen)
  const beside = subjects.flatMap(({ subject, newest, registered }) =>
    problemsOf(newest, registered, compatibility).map((problem) => `${subject}: ${problem}`),
  )
  return [...problems, ...unwritten, ...beside]
}

function tellProblems(
  chosen: readonly string[],
  { compatibility }: CheckOptions,
  problems: readonly string[],
): void {
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  else console.log(`${counted(chosen.length, 'schema')}: each version can be read, ${compatibility}`)
}

async function register(): Promise<void> {
  const options = { compatibility: 'FULL_TRANSITIVE', registry: true } as const
  const problems = await problemsOfAll(names, options)
  tellProblems(names, options, problems)
  if (problems.length > 0) return
  const config = loadConfig()
  await requireServices(config, ['schemaRegistry'])
  await openCodec(config, commandLog('schemas', config))
  for (const { subject, registered } of await subjectsOf(config, names))
    console.log(`${subject}: ${registered.at(-1)?.id ?? 'not known'}`)
}

async function diff(chosen: string[], { registry = false }: { registry?: boolean }): Promise<void> {
  if (registry) {
    for (const { subject, newest, registered } of await subjectsOf(loadConfig(), chosen))
      tellChanges(subject, registered.at(-1), newest)
    return
  }
  for (const versions of chosen.map((name) => families.get(name)!))
    for (const [index, version] of versions.entries())
      if (index > 0) tellChanges('', versions[index - 1], version)
}

function tellChanges(subject: string, before: SchemaVersion | undefined, version: SchemaVersion): void {
  const changes = before === undefined ? ['+ all of it'] : changesOf(before.type, version.type)
  const from = before === undefined ? 'nothing' : before.id
  console.log(`${subject === '' ? '' : `${subject}: `}${from} → ${version.id}`)
  for (const change of changes) console.log(`  ${change}`)
  if (changes.length === 0) console.log('  the same')
}

function freezeAll(): void {
  const before = frozenVersions()
  const all = frozenWith(eventsFolder, before)
  writeFrozen(all)
  const added = Object.keys(all).filter((id) => before[id] === undefined)
  console.log(added.length === 0 ? 'all versions are frozen' : `frozen from now on: ${added.join(', ')}`)
}

const topicsOf = (chosen: readonly string[]) =>
  Object.values<Topic<unknown>>(topics).filter(({ value }) => chosen.includes(familyOf(value.id)))

interface Subject {
  subject: string
  newest: SchemaVersion
  /** The first one first. */
  registered: SchemaVersion[]
}

/** What the registry has for the topics of these schemas. */
async function subjectsOf(config: Config, chosen: readonly string[]): Promise<Subject[]> {
  await requireServices(config, ['schemaRegistry'])
  return Promise.all(
    topicsOf(chosen).map(async ({ name, value: { id, type } }) => {
      const subject = `${config.TOPIC_PREFIX}${name}-value`
      return {
        subject,
        newest: { id, type },
        registered: await registeredVersions(config.SCHEMA_REGISTRY_URL, subject),
      }
    }),
  )
}
