import type { Kafka } from 'kafkajs'
import { partitionEnds } from '../../../pipelines/engine/kafka/offsets.ts'
import { readRanges } from '../../../pipelines/engine/kafka/read-ranges.ts'
import { partitionOf } from '../../../pipelines/engine/raw-record.ts'
import type { Pseudonyms } from '../../../schemas/pseudonym.ts'
import { type RenameOptions, type Subject, renameOf } from './subjects.ts'

export interface ReadableOptions extends Omit<RenameOptions, 'names'> {
  kafka: Kafka
  subjects: readonly Subject[]
}

const asItIs = (name: string) => name
const names: Pseudonyms = { listener: asItIs, session: asItIs, context: asItIs, firstKey: Buffer.alloc(0) }

/** Reads all that is to be written anew, before anything is. @throws RekeyError for what cannot be read, and is not to be left out */
export async function requireReadable({ kafka, subjects, ...options }: ReadableOptions): Promise<void> {
  for (const subject of subjects) {
    if (subject.how !== 'rename') continue
    const rename = renameOf(subject, { ...options, names })
    const ends = await partitionEnds(kafka, [subject.name])
    await readRanges({
      kafka,
      ranges: [...ends].map(([key, { low, high }]) => ({ ...partitionOf(key), from: low, until: high })),
      onRead: async (_, records) => {
        if (subject.marked !== undefined) await options.codec.load(records.map(({ value }) => value))
        for (const record of records) rename(record)
      },
    })
  }
}
