import type { Admin } from 'kafkajs'
import { type RawRecord, keyOf, partitionKey } from '../../../pipelines/engine/raw-record.ts'
import { changelogOf } from '../../../pipelines/engine/changelog-of.ts'
import { nameOfVersion, topicOfVersion } from '../../../pipelines/engine/versioned.ts'
import { type Codec, DecodeError } from '../../../schemas/codec.ts'
import type { PushSubscription } from '../../../schemas/events.ts'
import type { Pseudonyms } from '../../../schemas/pseudonym.ts'
import { type PseudonymousTopic, pseudonymous, renamed, renamedId } from '../../../schemas/pseudonymous.ts'
import {
  type WebPushDevice,
  openSubscription,
  sealSubscription,
} from '../../../schemas/push-subscriptions.ts'
import type { SealingKey } from '../../../schemas/seal.ts'
import type { Topic } from '../../../schemas/topic.ts'
import { topics } from '../../../schemas/topics.ts'
import { RekeyError } from './errors.ts'
import { otherStages, storesByListener } from './listener-stores.ts'

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
/** Of stages behind the door: what they are given back has pseudonyms in it. */
const REPLAYS = new RegExp(
  `^(${[
    ...Object.keys(storesByListener).filter((topology) => topology !== 'anonymise'),
    ...Object.keys(otherStages).filter((stage) => otherStages[stage]),
  ].join('|')})(\\..+)?-replay$`,
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
      name,
      marked: { ...marked, topic },
      byKey: partitioning !== 'user',
      compacted: config['cleanup.policy'] === 'compact',
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
  /** Whether what nobody can read goes, instead of being refused. */
  leaveOut: boolean
}

/**
 * How the records of a topic are brought into the new epoch; their schemas are to be loaded before.
 * @throws RekeyError for one that cannot be, and is not to be left out
 */
export function renameOf({ marked }: Subject, { codec, names, pushKey, leaveOut }: RenameOptions): Rename {
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
      const why = whyUnreadable(error)
      if (why === undefined) throw error
      if (leaveOut) return undefined
      throw new RekeyError(
        `${partitionKey(record)}:${record.offset} cannot be read (${why}): put that right, or --leave-out what cannot be read, which is lost then`,
      )
    }
  }
}

function whyUnreadable(error: unknown): string | undefined {
  if (error instanceof DecodeError) return error.reason
  return error instanceof OtherKeyError ? error.message : undefined
}

/** A device that was sealed under an id that is not PUSH_KEY's. */
class OtherKeyError extends Error {
  override readonly name = 'OtherKeyError'
}

/**
 * A device is sealed under the listener's pseudonym.
 * @throws OtherKeyError, or RekeyError if it says that this key has sealed it: then PUSH_KEY is wrong, and all devices would be lost
 */
function sealedAgain(key: SealingKey, before: object, after: object): PushSubscription {
  const { keyId } = before as PushSubscription
  let device: WebPushDevice
  try {
    device = openSubscription(key, before as PushSubscription)
  } catch (error) {
    if (keyId !== key.id) throw new OtherKeyError(`sealed by the key ${keyId}, and PUSH_KEY_ID is ${key.id}`)
    throw new RekeyError(`PUSH_KEY does not open what ${keyId} has sealed: give the one that does`, {
      cause: error,
    })
  }
  const { listener, changedAt } = after as PushSubscription
  return sealSubscription(key, { listener, device, changedAt })
}

/** A page of a store's entry: its key ends with that of the rows, behind the page and, of a window, its start. */
const ENTRY = /^(\d+\/(?:(?:[a-z-]+ )?-?\d+:)?)([^:]+)$/
/** What a store of windows keeps of all of them. */
const OF_ALL = /^\d+\/(stream-time|cut .*)$/

function stateRecord(record: RawRecord, { listener }: Pick<Pseudonyms, 'listener'>) {
  const key = keyOf(record)
  if (OF_ALL.test(key)) return { key, value: record.value }
  const [, head, name] = ENTRY.exec(key) ?? []
  if (head === undefined || name === undefined)
    throw new Error(
      `${partitionKey(record)}:${record.offset}: nobody has said whose an entry with such a key is`,
    )
  return { key: head + listener(name), value: record.value }
}
