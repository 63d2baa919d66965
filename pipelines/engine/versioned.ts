import { type Topic, topic } from '../../schemas/topic.ts'
import { describe } from './describe.ts'
import { TopologyError } from './errors.ts'
import type { TaskContext } from './task-context.ts'
import type { Topology } from './topology.ts'

/** The version whose names are the plain ones: what runs before anything has been processed anew. */
export const FIRST_VERSION = 1

/** What version `version` of something is called, as Kafka takes it: `listening-totals.v2`; the first has the plain name. */
export function nameOfVersion(name: string, version: number): string {
  if (!Number.isSafeInteger(version) || version < FIRST_VERSION)
    throw new TopologyError(`${name} has no version ${version}: versions are 1, 2, 3 …`)
  return version === FIRST_VERSION ? name : `${name}.v${version}`
}

/** The topic that version `version` of a topology writes in the place of `of`, with the same shape and settings. */
export const topicOfVersion = <V, By extends string>(of: Topic<V, By>, version: number): Topic<V, By> =>
  version === FIRST_VERSION
    ? of
    : topic(nameOfVersion(of.name, version), of.value, of.partitioning, of.config)

/**
 * A topology as one of its versions, which can run beside the others:
 *
 *     plays-clean ─▶ listening-totals      ─▶ plays-by-artist    ─▶ artist-totals
 *               └──▶ listening-totals.v2   ─▶ plays-by-artist.v2 ─▶ artist-totals.v2
 *
 * Its name, of which those of its group, transactional ids and changelogs are made, is the version's, and so are those of the topics that
 * it writes, be it for others or to read them again. What it only reads stays. So do dead letters, which name who has set them aside.
 */
export function versioned(topology: Topology, version: number): Topology {
  const name = nameOfVersion(topology.name, version)
  if (version === FIRST_VERSION) return topology
  const { outputs, repartitioned } = describe(topology)
  const written = new Set([...outputs, ...repartitioned])
  const named = new Map<Topic<unknown>, Topic<unknown>>()
  function nameTopic<V, By extends string>(of: Topic<V, By>): Topic<V, By> {
    if (!written.has(of.name)) return of
    // One for each, for topics are told apart by identity.
    const known = named.get(of) ?? topicOfVersion(of, version)
    named.set(of, known)
    return known as Topic<V, By>
  }
  return { name, build: (task) => topology.build(writingTo(task, nameTopic)) }
}

/** A task as a topology sees it whose topics have got other names. */
function writingTo(
  task: TaskContext,
  nameTopic: <V, By extends string>(of: Topic<V, By>) => Topic<V, By>,
): TaskContext {
  return {
    topology: task.topology,
    work: task.work,
    source: (of, options) => task.source(nameTopic(of), options),
    tableSource: (of, options) => task.tableSource(nameTopic(of), options),
    globalTable: (of) => task.globalTable(nameTopic(of)),
    output: (of) => task.output(nameTopic(of)),
    repartition: (of, from) => task.repartition(nameTopic(of), from),
    sink: (rows) => task.sink(rows),
    deadLetter: (...letter) => task.deadLetter(...letter),
    count: (...outcome) => task.count(...outcome),
    store: (...store) => task.store(...store),
    keep: (...state) => task.keep(...state),
    uniqueName: (...name) => task.uniqueName(...name),
  }
}
