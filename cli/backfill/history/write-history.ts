import type { Message } from 'kafkajs'
import type { Codec } from '../../../schemas/codec.ts'
import type { CleanPlay } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import { playsIn } from '../../../sinks/clickhouse/plays-history.ts'
import type { HistoryRecord } from '../../versions/history-record.ts'
import type { BackfillSurroundings } from '../backfill.ts'
import type { Transaction } from '../ledger.ts'

export interface WriteHistoryOptions extends Pick<BackfillSurroundings, 'client'> {
  codec: Codec
  /** As Kafka knows it. */
  topic: string
  /** Writes down how far it has come, together with what `more` writes. */
  keep(history: HistoryRecord, more: (transaction: Transaction) => Promise<void>): Promise<void>
  /** Asked after each transaction. */
  stopped(): boolean
}

/** The rows of so many offsets are read at a time, and written in one transaction. */
const OFFSETS_AT_ONCE = 20_000
/** A send is one record batch, which may not exceed the topic's `max.message.bytes`. */
const BYTES_A_SEND = 512 * 1024

/**
 * Writes what is left of a history to the topic from which it is read, each play to the partition that it came from. Cut off anywhere, it
 * goes on where it stood, for that is written down with the plays. Answers how far it has come.
 */
export async function writeHistory(
  begun: HistoryRecord,
  { client, codec, topic, keep, stopped }: WriteHistoryOptions,
): Promise<HistoryRecord> {
  let history = begun
  while (!stopped()) {
    const [range, ...others] = history.left
    if (range === undefined) break
    const until = Math.min(range.from + OFFSETS_AT_ONCE, range.until)
    const plays = await playsIn(client, { ...range, until })
    const left = until < range.until ? [{ ...range, from: until }, ...others] : others
    history = { ...history, left, written: history.written + plays.length }
    // A topic that was before may have had more partitions.
    const partition = range.partition % history.cut.length
    await keep(history, async (transaction) => {
      for (const messages of sendsOf(plays, partition, codec)) await transaction.send({ topic, messages })
    })
  }
  return history
}

/** Plays as messages, so many together as one send may carry. */
function* sendsOf(plays: readonly CleanPlay[], partition: number, codec: Codec): Generator<Message[]> {
  const now = Date.now()
  let messages: Message[] = []
  let bytes = 0
  for (const play of plays) {
    const value = codec.encode(topics.playsClean, play)
    // When the record was appended nobody has kept; the raw one was a moment before.
    const timestamp = String(Math.min(play.receivedAt, now))
    messages.push({ partition, key: play.listener, value, timestamp })
    bytes += value.length + play.listener.length
    if (bytes < BYTES_A_SEND) continue
    yield messages
    messages = []
    bytes = 0
  }
  if (messages.length > 0) yield messages
}
