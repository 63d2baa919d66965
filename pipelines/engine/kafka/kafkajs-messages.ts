import type { IHeaders } from 'kafkajs'
import { readRecords } from './record-batch/read-records.ts'
import type { RecordBatch } from './record-batch/record-batch.ts'

/** A message as kafkajs decodes it. */
interface DecodedMessage {
  offset: string
  timestamp: string
  attributes: number
  key: Buffer | null
  value: Buffer | null
  headers: IHeaders
  /** kafkajs moves its position past control records, and shows them to nobody. */
  isControlRecord: boolean
}

/**
 * The records of `batches` that are in those `committed`, as kafkajs would have decoded them. What holds none, or none at its end,
 * stands there as a control record, so that the position of the consumer goes on.
 */
export function kafkajsMessages(
  batches: RecordBatch[],
  committed: RecordBatch[],
  from: bigint,
): DecodedMessage[] {
  const shown = new Set(committed)
  return batches.flatMap((batch) => {
    const messages = shown.has(batch) ? readRecords(batch, from).map(message) : []
    const end = String(batch.lastOffset)
    return messages.at(-1)?.offset === end ? messages : [...messages, passing(end)]
  })
}

const message = ({ offset, timestamp, key, value, headers }: ReturnType<typeof readRecords>[number]) => ({
  offset: String(offset),
  timestamp: String(timestamp),
  attributes: 0,
  key,
  value,
  headers,
  isControlRecord: false,
})

const passing = (offset: string): DecodedMessage => ({
  offset,
  timestamp: '0',
  attributes: 0,
  key: null,
  value: null,
  headers: {},
  isControlRecord: true,
})
