import type { Admin } from 'kafkajs'
import { type RawRecord, keyOf } from '../../../pipelines/engine/raw-record.ts'
import { changelogOf } from '../../../pipelines/engine/changelog-of.ts'
import { nameOfVersion, topicOfVersion } from '../../../pipelines/engine/versioned.ts'
import { type Codec, DecodeError } from '../../../schemas/codec.ts'
import type { PushSubscription } from '../../../schemas/events.ts'
import type { Pseudonyms } from '../../../schemas/pseudonym.ts'
import { type PseudonymousTopic, pseudonymous, renamed, renamedId } from '../../../schemas/pseudonymous.ts'
import { openSubscription, sealSubscription } from '../../../schemas/push-subscriptions.ts'
import type { SealingKey } from '../../../schemas/seal.ts'
import type { Topic } from '../../../schemas/topic.ts'
import { topics } from '../../../schemas/topics.ts'
import { storesByListener } from './listener-stores.ts'

/** What becomes of a record; undefined: nobody can read it, and it goes. */
export type Rename = (record: RawRecord) => { key: string | null; value: Buffer | null } | undefined

/** A topic with pseudonyms, as it is in Kafka. */
export interface Subject {
  /** As Kafka knows it. */
  name: string
  /** Where its values have pseudonyms, its topic being the version that it is; undefined for state, which has them in keys. */
  marked: PseudonymousTopic | undefined
  /** Records are written anew; of what is only handed on from a topology to itself, and has been read, all go. */
  how: 'rename' | 'empty'
  /** Whether records go where their keys say, and not where they were. */
  byKey: boolean
  /** Whether only the last record of a key is kept, and none is deleted by its age. */
  compacted: boolean
}

const REPARTITION = new Set<Topic<unknown>>([topics.playsByArtist])
/** Stages behind the door: what they are given back has pseudonyms in it. */
const REPLAYS = new RegExp(
  `^(clickhouse-sink|${Object.keys(storesByListener)
    .filter((topology) => topology !== 'anonymise')
    .join('|')})(\\..+)?-replay$`,
)

/** The topics with pseudonyms that there are, those of every version, and the state. */
export async function subjectsIn(admin: Admin, topicPrefix: string): Promise<Subject[]> {
  const all = (await admin.listTopics()).filter((name) => name.startsWith(topicPrefix)).sort()
  return all.flatMap((name) => subjectOf(name, name.slice(topicPrefix.length)) ?? [])
}

function subjectOf(name: string, plain: string): Subject | undefined {
  const [, base = '', version = '1'] = /^(.*?)(?:\.v(\d+))?$/.exec(plain) ?? []
  const marked = pseudonymous.find(({ topic }) => topic.name === base)
  if (marked !== undefined) {
    const topic = topicOfVersion(marked.topic, Number(version))
    const { partitioning, config } = topic
    return {
      ...{ name, marked: { ...marked, topic } },
      ...{ byKey: partitioning !== 'user', compacted: config['cleanup.policy'] === 'compact' },
      how: REPARTITION.has(marked.topic) ? 'empty' : 'rename',
    }
  }
  if (REPLAYS.test(plain)) return { name, marked: undefined, how: 'empty', byKey: false, compacted: false }
  if (isStateOfListeners(plain))
    return { name, marked: undefined, how: 'rename', byKey: false, compacted: true }
  return undefined
}

const isStateOfListeners = (plain: string): boolean =>
  Object.entries(storesByListener).some(([topology, stores]) => {
    const [, version = '1'] = /^[^]*?\.v(\d+)-/.exec(plain) ?? []
    return Object.entries(stores).some(
      ([store, byListener]) =>
        byListener && plain === changelogOf(nameOfVersion(topology, Number(version)), store),
    )
  })

export interface RenameOptions {
  /** In which the topic has been registered. */
  codec: Codec
  /** Of an old pseudonym the new one. */
  names: Pseudonyms
  pushKey: SealingKey
}

/** How the records of a topic are brought into the new epoch. */
export function renameOf({ marked }: Subject, { codec, names, pushKey }: RenameOptions): Rename {
  if (marked === undefined) return (record) => stateRecord(record, names)
  const { topic, keyed, fields } = marked
  return (record) => {
    const text = record.key === null ? null : keyOf(record)
    const key = text !== null && keyed ? renamedId(text, names) : text
    if (record.value === null) return { key, value: null }
    try {
      const before = codec.decode(topic, record.value) as object
      const after = renamed(before, fields, names)
      const isSealed = topic.name === topics.pushSubscriptions.name
      const value = isSealed ? sealedAgain(pushKey, before, after) : after
      return { key, value: codec.encode(topic, value) }
    } catch (error) {
      if (error instanceof DecodeError || doesNotOpen(error)) return undefined
      throw error
    }
  }
}

/** A device is sealed under the listener's pseudonym. @throws if it does not open */
function sealedAgain(key: SealingKey, before: object, after: object): PushSubscription {
  const device = openSubscription(key, before as PushSubscription)
  const { listener, changedAt } = after as PushSubscription
  return sealSubscription(key, { listener, device, changedAt })
}

/** What AES-GCM says of another key, or of bytes that were changed. */
const doesNotOpen = (error: unknown) =>
  error instanceof Error && error.message === 'Unsupported state or unable to authenticate data'

/** A page of a store's entry: its key ends with that of the rows, behind the page and, of a window, its start. */
const ENTRY = /^(\d+\/(?:(?:[a-z-]+ )?-?\d+:)?)([^:]+)$/
/** What a store of windows keeps of all of them. */
const OF_ALL = /^\d+\/(stream-time|cut .*)$/

function stateRecord(record: RawRecord, { listener }: Pick<Pseudonyms, 'listener'>) {
  const key = keyOf(record)
  const [, head, name] = ENTRY.exec(key) ?? []
  const isOfListener = head !== undefined && name !== undefined && !OF_ALL.test(key)
  return { key: isOfListener ? head + listener(name) : key, value: record.value }
}
