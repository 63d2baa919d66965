import { setTimeout as delay } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { replayPartitions } from '../../pipelines/engine/kafka/give-back.ts'
import { readToEnd } from '../../pipelines/engine/kafka/read-to-end.ts'
import { groupOf } from '../../pipelines/engine/kafka/run-topology.ts'
import { keyOf } from '../../pipelines/engine/raw-record.ts'
import { type DeadLetter, replayKey, replayTopic } from '../../schemas/dead-letter.ts'
import { replayGroup } from '../../sinks/redis/replayed-letters.ts'
import { count } from '../status/text.ts'
import { type LetterPlace, refusedAgain } from './letters.ts'

/** What is kept of a letter that has been given back. */
export type GivenLetter = Pick<DeadLetter, 'id' | 'stage' | 'attempt'>

interface StagePlace extends LetterPlace {
  applicationId: string
}

const READ_WITHIN_MS = 10_000
const LOOK_EVERY_MS = 100

/** What stages make of letters that they have just been given: waits until they have read them, for 10 s at most. */
export async function linesOfOutcome(place: StagePlace, given: readonly GivenLetter[]): Promise<string[]> {
  const stages = [...Map.groupBy(given, ({ stage }) => stage)]
  const are = await Promise.all(
    stages.map(([stage, its]) => areRead(place, stage, new Set(its.map(replayKey)))),
  )
  const unread = stages.flatMap(([stage], at) => (are[at] === true ? [] : [stage]))
  return linesOf(await refusedAgain(place, given), unread)
}

/** `refused`: how many of them were, by reason; `unread`: stages that have not read all of theirs. */
export function linesOf(refused: ReadonlyMap<string, number>, unread: readonly string[]): string[] {
  const total = refused.values().reduce((sum, n) => sum + n, 0)
  const were = `of these ${count(total)} ${total === 1 ? 'was' : 'were'} refused again: ${reasonsOf(refused)}`
  if (total === 0 && unread.length === 0) return ['of these none was refused again']
  return [
    ...(total > 0 ? [were] : []),
    ...unread.map((stage) => `${stage} has not read them${total > 0 ? ' all' : ''} yet: is it running?`),
  ]
}

function reasonsOf(refused: ReadonlyMap<string, number>): string {
  const reasons = [...refused].sort(([, one], [, other]) => other - one)
  if (reasons.length === 1) return reasons[0]![0]
  return reasons.map(([reason, n]) => `${count(n)} ${reason}`).join(', ')
}

/** Waits until the stage has committed what is behind these records of its replay topic; whether it has in time. */
async function areRead(place: StagePlace, stage: string, keys: ReadonlySet<string>): Promise<boolean> {
  const topic = place.topicPrefix + replayTopic(stage).name
  const last = await lastOf(place, stage, keys)
  const group = groupOf(place.applicationId, stage)
  const deadline = performance.now() + READ_WITHIN_MS
  return withAdmin(place.kafka, async (admin) => {
    for (;;) {
      // Sinks of Redis read what they are given back in a group of its own.
      const [next, nextOfReplay] = [
        await nextOffsets(admin, group, topic),
        await nextOffsets(admin, replayGroup(group), topic),
      ]
      const isBehind = ([partition, offset]: [number, bigint]) =>
        (next.get(partition) ?? -1n) <= offset && (nextOfReplay.get(partition) ?? -1n) <= offset
      if (![...last].some(isBehind)) return true
      if (performance.now() > deadline) return false
      await delay(LOOK_EVERY_MS)
    }
  })
}

/** By partition the offset of the last of these records. */
async function lastOf(
  { kafka, topicPrefix }: LetterPlace,
  stage: string,
  keys: ReadonlySet<string>,
): Promise<Map<number, bigint>> {
  const topic = topicPrefix + replayTopic(stage).name
  const partitions = (await replayPartitions({ kafka, topicPrefix }, stage)) ?? 0
  const last = new Map<number, bigint>()
  await readToEnd(
    kafka,
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
    (record) => {
      if (keys.has(keyOf(record))) last.set(record.partition, record.offset)
    },
  )
  return last
}

async function nextOffsets(admin: Admin, groupId: string, topic: string): Promise<Map<number, bigint>> {
  const [its] = await admin.fetchOffsets({ groupId, topics: [topic] })
  return new Map(its?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
}
