import { tables } from '../../schemas/tables.ts'
import { topics } from '../../schemas/topics.ts'
import { openCodec } from '../codec.ts'
import { count, counted, moment } from '../status/text.ts'
import { type Reach, type VersionRecord, historyTopicOf, kafkaNameOf } from '../versions/versions.ts'
import type { BackfillSurroundings } from './backfill.ts'
import { type KeptTopic, earliestKept } from './earliest-kept.ts'
import { BackfillError } from './errors.ts'
import { type HistoryPlan, planHistory } from './history/plan.ts'
import { requirePlaysAlone } from './history/require-plays-alone.ts'
import type { Subject } from './subject.ts'

/** How far back a version will reach, as lines, and what is to be written down of it. @throws BackfillError where there is nothing. */
export async function linesOfReach(
  subject: Subject,
  from: Reach,
  around: BackfillSurroundings,
): Promise<{ lines: string[]; record: VersionRecord }> {
  const since = Date.now()
  if (from === 'kept') return { lines: await linesOfKept(subject, around), record: { from, since } }
  requirePlaysAlone(subject.plain)
  const { history, earliest } = await planHistory(subject.topology, around)
  return { lines: linesOfHistory(subject, { history, earliest }, around), record: { from, since, history } }
}

function linesOfHistory(
  subject: Subject,
  { history: { rows }, earliest }: HistoryPlan,
  { config: { TOPIC_PREFIX } }: BackfillSurroundings,
): string[] {
  return [
    `table ${tables.plays}: ${counted(rows, 'play')}, from ${moment(earliest, 0)} UTC on`,
    `topic ${TOPIC_PREFIX}${topics.playsClean.name}: what has come since`,
    `They go through topic ${TOPIC_PREFIX}${historyTopicOf(kafkaNameOf(subject))}, which is removed when they have been processed. When a record was`,
    'appended the table has not kept: the time at which the play was received stands for it.',
  ]
}

async function linesOfKept(
  subject: Subject,
  { config, kafka, log }: BackfillSurroundings,
): Promise<string[]> {
  const codec = await openCodec(config, log)
  const topicPrefix = config.TOPIC_PREFIX
  const kept = await earliestKept(subject.shape, subject.plain.inputs, { kafka, codec, topicPrefix })
  if (kept.every(({ records }) => records === 0))
    throw new BackfillError(
      `${kept.map(({ topic }) => topicPrefix + topic).join(', ')} hold nothing that could be processed: look at their retention, and at what writes to them`,
    )
  return kept.map((each) => lineOf(each, topicPrefix))
}

function lineOf({ topic, records, earliest }: KeptTopic, topicPrefix: string): string {
  const name = `topic ${topicPrefix}${topic}`
  if (records === 0) return `${name}: nothing`
  const since = earliest === undefined ? '' : `, from ${moment(earliest, 0)} UTC on`
  return `${name}: about ${count(records)} records${since}`
}
