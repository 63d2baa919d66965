import type { Kafka } from 'kafkajs'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { givenBack } from '../../pipelines/engine/kafka/give-back.ts'
import { partitionEnds } from '../../pipelines/engine/kafka/offsets.ts'
import { countsOf } from '../../pipelines/engine/kafka/ensure-topics.ts'
import { type OffsetRange, readRanges } from '../../pipelines/engine/kafka/read-ranges.ts'
import { type RawRecord, keyOf, partitionKey } from '../../pipelines/engine/raw-record.ts'
import { type Codec, DecodeError } from '../../schemas/codec.ts'
import { type DeadLetter, type DeadLetterKind, kindOf, replayKey } from '../../schemas/dead-letter.ts'
import { topics } from '../../schemas/topics.ts'

/** Where letters are looked for. */
export interface LetterPlace {
  kafka: Kafka
  codec: Codec
  topicPrefix: string
}

/** Which letters are meant: those to which all that is said applies. */
export interface LetterFilter {
  id?: string
  stage?: string
  kind?: DeadLetterKind
  reason?: string
  code?: string
  /** Without prefix. */
  topic?: string
  /** When they were set aside, ms since 1970; `until` is not included. */
  since?: number
  until?: number
  /** Those alone that their stage has been given back, and has not set aside again. */
  replayed?: boolean
}

/** A letter as it is now: of its attempts the last. */
export interface FoundLetter extends Omit<DeadLetter, 'sealed'> {
  /** When it was set aside, ms since 1970. */
  setAsideAt: number
  /** Where it lies in `dead-letters`. */
  at: string
  /** Whether its stage has been given it back, and has not set it aside again. */
  replayed: boolean
}

const placeOf = (record: RawRecord) => `${partitionKey(record)}:${record.offset}`

/** All letters that there are, each once, in the order in which they were set aside; those that were purged are gone. */
export async function findLetters(place: LetterPlace, filter: LetterFilter = {}): Promise<FoundLetter[]> {
  const found = new Map<string, FoundLetter>()
  await readLetters(place, (record, letter) => {
    const id = keyOf(record)
    const known = found.get(id)
    if (letter === null) found.delete(id)
    else if (known === undefined || letter.attempt >= known.attempt) {
      const { sealed: _, ...rest } = letter
      // A record that is put aside twice after a crash keeps the time of the first.
      const setAsideAt = known?.attempt === letter.attempt ? known.setAsideAt : record.timestamp
      found.set(id, { ...rest, setAsideAt, at: placeOf(record), replayed: false })
    }
  })
  const wanted = [...found.values()].filter((letter) => isMeant(letter, filter, place.topicPrefix))
  for (const stage of new Set(wanted.map((letter) => letter.stage))) {
    const given = await givenBack(place, stage)
    for (const letter of wanted) if (letter.stage === stage) letter.replayed = given.has(replayKey(letter))
  }
  return filter.replayed === true ? wanted.filter(({ replayed }) => replayed) : wanted
}

function isMeant(letter: FoundLetter, filter: LetterFilter, topicPrefix: string): boolean {
  const { id, stage, kind, reason, code, topic, since = -Infinity, until = Infinity } = filter
  return (
    (id === undefined || letter.id === id) &&
    (stage === undefined || letter.stage === stage) &&
    (kind === undefined || kindOf(letter) === kind) &&
    (reason === undefined || letter.reason === reason) &&
    (code === undefined || letter.errorCode === code) &&
    (topic === undefined || letter.topic === topicPrefix + topic) &&
    letter.setAsideAt >= since &&
    letter.setAsideAt < until
  )
}

/** Of those that were listed the ones that are as they were: what has been set aside anew meanwhile, nobody has consented to. */
export function asListed(listed: readonly FoundLetter[], now: readonly FoundLetter[]): FoundLetter[] {
  const attempts = new Map(listed.map(({ id, attempt }) => [id, attempt]))
  return now.filter(({ id, attempt }) => attempts.get(id) === attempt)
}

/** Reads these letters whole, some at a time. */
export async function eachWhole(
  place: LetterPlace,
  letters: readonly FoundLetter[],
  take: (letters: DeadLetter[]) => Promise<void>,
): Promise<void> {
  const wanted = new Set(letters.map(({ at }) => at))
  await readLetters(
    place,
    () => undefined,
    async (some) => {
      const whole = some.filter(({ record, letter }) => letter !== null && wanted.has(placeOf(record)))
      if (whole.length > 0) await take(whole.map(({ letter }) => letter!))
    },
  )
}

/** A letter each time that it was set aside, in order. */
export async function lettersOf(place: LetterPlace, id: string): Promise<DeadLetter[]> {
  const its: DeadLetter[] = []
  await readLetters(place, (record, letter) => {
    if (keyOf(record) !== id) return
    if (letter === null) its.length = 0
    else its.push(letter)
  })
  return its
}

/** How many of these letters, which their stage has been given back, it has set aside anew, by reason. */
export async function refusedAgain(
  place: LetterPlace,
  letters: readonly Pick<DeadLetter, 'id' | 'attempt'>[],
): Promise<Map<string, number>> {
  const next = new Map(letters.map(({ id, attempt }) => [id, attempt + 1]))
  const refused = new Map<string, string>()
  await readLetters(place, (_, letter) => {
    if (letter !== null && next.get(letter.id) === letter.attempt) refused.set(letter.id, letter.reason)
  })
  const reasons = Map.groupBy(refused.values(), (reason) => reason)
  return new Map([...reasons].map(([reason, its]) => [reason, its.length]))
}

/** What has become of each of a letter's attempts: whether its stage was given it back, and why it was refused again then. */
export async function fatesOf(
  place: LetterPlace,
  attempts: readonly DeadLetter[],
): Promise<{ givenBack: boolean; refusedAgain: string | null }[]> {
  const [first] = attempts
  const given = first === undefined ? new Set<string>() : await givenBack(place, first.stage)
  const reasons = new Map(attempts.map(({ attempt, reason }) => [attempt, reason]))
  return attempts.map((letter) => ({
    givenBack: given.has(replayKey(letter)),
    refusedAgain: reasons.get(letter.attempt + 1) ?? null,
  }))
}

interface Read {
  record: RawRecord
  /** Null: whoever has that id is purged. */
  letter: DeadLetter | null
}

/** Reads all of `dead-letters`, from where it begins to where it ends now. */
async function readLetters(
  { kafka, codec, topicPrefix }: LetterPlace,
  one: (record: RawRecord, letter: DeadLetter | null) => void,
  some: (read: Read[]) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await readRanges({
    kafka,
    ranges: await rangesOf(kafka, topicPrefix + topics.deadLetters.name),
    onRead: async (_, records) => {
      await codec.load(records.map(({ value }) => value))
      const read = records.flatMap((record) => {
        const letter = letterIn(codec, record)
        return letter === undefined ? [] : [{ record, letter }]
      })
      for (const { record, letter } of read) one(record, letter)
      await some(read)
    },
  })
}

/** Null for a deletion; undefined for what is no letter, which somebody else has put there. */
function letterIn(codec: Codec, { value }: RawRecord): DeadLetter | null | undefined {
  try {
    return value && codec.decode(topics.deadLetters, value)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

async function rangesOf(kafka: Kafka, topic: string): Promise<OffsetRange[]> {
  const counts = await withAdmin(kafka, (admin) => countsOf(admin, [topic]))
  const ends = await partitionEnds(kafka, [topic])
  return Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => {
    const { low, high } = ends.get(partitionKey({ topic, partition }))!
    return { topic, partition, from: low, until: high }
  })
}
