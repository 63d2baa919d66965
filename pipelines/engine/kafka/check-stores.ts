import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { StateError } from '../errors.ts'
import { partitionOf } from '../raw-record.ts'
import type { Task } from '../task.ts'
import { withAdmin } from './admin.ts'
import { partitionEnds } from './offsets.ts'
import { type RememberedStore, kindOf, storesRemembered } from './orphans.ts'

export interface CheckOptions {
  kafka: Kafka
  topicPrefix: string
  log: Logger
}

/**
 * Looks whether the state that there is goes with the stores of a topology, of which `task` is any task, and its changelogs exist.
 * A store more begins empty; what is left of one that the topology no longer has is told in the log.
 * @throws StateError where both are of one kind: it looks as if an operator had got another name, and would lose what it knew
 */
export async function checkStores(task: Task, { kafka, topicPrefix, log }: CheckOptions): Promise<void> {
  const { topology } = task
  const all = await withAdmin(kafka, (admin) => admin.listTopics())
  const changelogs = storesRemembered(all, topicPrefix, topology)
  const filled = await withRecords(kafka, changelogs)
  const orphans = filled.filter(({ store }) => !task.stores.has(store))
  if (orphans.length === 0) return
  const remembered = new Set(filled.map(({ store }) => store))
  const empty = [...task.stores.keys()].filter((store) => !remembered.has(store))
  for (const { changelog, store } of orphans) {
    const heirs = empty.filter((each) => kindOf(each) === kindOf(store))
    if (heirs.length > 0) throw new StateError(renamed(topology, changelog, store, heirs))
    log.warn(
      { topology, changelog },
      `no operator has this state any more: \`continuo reset ${topology} --orphans\` deletes it`,
    )
  }
}

/** Those in which anything has been written, and not been deleted since. */
async function withRecords(kafka: Kafka, stores: readonly RememberedStore[]): Promise<RememberedStore[]> {
  const ends = await partitionEnds(
    kafka,
    stores.map(({ changelog }) => changelog),
  )
  const filled = new Set<string>()
  for (const [key, { low, high }] of ends) if (high > low) filled.add(partitionOf(key).topic)
  return stores.filter(({ changelog }) => filled.has(changelog))
}

const renamed = (topology: string, changelog: string, store: string, heirs: readonly string[]) =>
  `${changelog} remembers ${store}, which ${topology} no longer has, while ${heirs.join(' and ')} would begin empty. If that is its new ` +
  `name, give it back the old one; if nobody needs that state, \`continuo reset ${topology} --orphans\` deletes it; ` +
  `\`continuo reset ${topology}\` begins anew altogether`
