import { committedOffsets, partitionEnds } from '../../../pipelines/engine/kafka/offsets.ts'
import { topicIds } from '../../../pipelines/engine/kafka/topic-ids.ts'
import { topics } from '../../../schemas/topics.ts'
import { type HistoryEnd, rangesOfPlays } from '../../../sinks/clickhouse/plays-history.ts'
import { clickhouseGroup } from '../../../sinks/clickhouse/sink.ts'
import type { Config } from '../../config.ts'
import type { HistoryRecord } from '../../versions/history-record.ts'
import type { BackfillSurroundings } from '../backfill.ts'
import { BackfillError } from '../errors.ts'

/** What a history is made of. */
export interface HistoryPlan {
  history: HistoryRecord
  /** Event time of the earliest play, ms since 1970. */
  earliest: number
}

interface PlanSurroundings extends Pick<BackfillSurroundings, 'kafka' | 'client'> {
  config: Pick<Config, 'TOPIC_PREFIX' | 'APPLICATION_ID' | 'CLICKHOUSE_DATABASE'>
}

/**
 * Divides all plays between the table and the topic, at what the sink has committed:
 *
 *     partition 0   ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒│▓▓▓░░░░░░        ▒ rows that are read from the table, those of topics before this one, too
 *     partition 1   ▒▒▒▒▒▒▒▒▒▒▒▒▒│░░░░░░░░░░░░░░░░░        ▓ rows that the sink has inserted and not yet committed
 *                              the cut                     ░ records that are in the topic alone; both are read from there
 *
 * @throws BackfillError where there is no history
 */
export async function planHistory(topology: string, around: PlanSurroundings): Promise<HistoryPlan> {
  const end = await endOfHistory(topology, around)
  const found = await rangesOfPlays(around.client, end)
  if (found.length === 0)
    throw new BackfillError(
      `table plays of database ${around.config.CLICKHOUSE_DATABASE} has no play that could be processed: look at CLICKHOUSE_DATABASE, or take ` +
        `what the topic has kept, by \`continuo backfill ${topology} --from kept\``,
    )
  const rows = found.reduce((sum, each) => sum + each.rows, 0)
  const left = found.map(({ topicId, partition, from, until }) => ({ topicId, partition, from, until }))
  return {
    history: { ...end, rows, written: 0, left, read: false },
    earliest: Math.min(...found.map((each) => each.earliest)),
  }
}

async function endOfHistory(
  topology: string,
  { kafka, config }: Omit<PlanSurroundings, 'client'>,
): Promise<HistoryEnd> {
  const topic = config.TOPIC_PREFIX + topics.playsClean.name
  const group = clickhouseGroup(config.APPLICATION_ID)
  const [ids, ends, committed] = await Promise.all([
    topicIds(kafka, [topic]),
    partitionEnds(kafka, [topic]),
    committedOffsets(kafka, group, [topic]),
  ])
  if (![...committed.values()].some(({ offset }) => offset >= 0n))
    throw new BackfillError(
      `the sink has committed nothing of ${topic} yet, so that nobody can say where history ends: start \`continuo sinks\` and wait until ` +
        `it has carried some, or take what the topic has kept, by \`continuo backfill ${topology} --from kept\``,
    )
  const cut = Array.from({ length: ends.size }, (_, partition) => {
    const key = `${topic}:${partition}`
    // What has expired unread nobody reads any more.
    const [low, offset] = [ends.get(key)?.low ?? 0n, committed.get(key)?.offset ?? -1n]
    return Number(offset > low ? offset : low)
  })
  return { topicId: ids.get(topic)!, cut }
}
