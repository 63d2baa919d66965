import { openCodec } from '../codec.ts'
import { count, moment } from '../status/text.ts'
import type { Reach, VersionRecord } from '../versions/versions.ts'
import type { BackfillSurroundings } from './backfill.ts'
import { type KeptTopic, earliestKept } from './earliest-kept.ts'
import { BackfillError } from './errors.ts'
import type { Subject } from './subject.ts'

/** How far back a version will reach, as lines, and what is to be written down of it. @throws BackfillError where there is nothing. */
export async function linesOfReach(
  subject: Subject,
  from: Reach,
  { config, kafka, log }: BackfillSurroundings,
): Promise<{ lines: string[]; record: VersionRecord }> {
  const codec = await openCodec(config, log)
  const topicPrefix = config.TOPIC_PREFIX
  const kept = await earliestKept(subject.shape, subject.plain.inputs, { kafka, codec, topicPrefix })
  if (kept.every(({ records }) => records === 0))
    throw new BackfillError(
      `${kept.map(({ topic }) => topicPrefix + topic).join(', ')} hold nothing that could be processed: look at their retention, and at what writes to them`,
    )
  return { lines: kept.map((each) => lineOf(each, topicPrefix)), record: { from, since: Date.now() } }
}

function lineOf({ topic, records, earliest }: KeptTopic, topicPrefix: string): string {
  const name = `topic ${topicPrefix}${topic}`
  if (records === 0) return `${name}: nothing`
  const since = earliest === undefined ? '' : `, from ${moment(earliest, 0)} UTC on`
  return `${name}: about ${count(records)} records${since}`
}
