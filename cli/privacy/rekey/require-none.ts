import type { Kafka } from 'kafkajs'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import type { Codec } from '../../../schemas/codec.ts'
import { findLetters } from '../../dlq/letters.ts'
import { topologyNames } from '../../shapes.ts'
import { counted } from '../../status/text.ts'
import { RekeyError } from './errors.ts'
import type { Subject } from './subjects.ts'

interface Place {
  kafka: Kafka
  codec: Codec
  topicPrefix: string
  subjects: readonly Subject[]
}

/** @throws RekeyError for letters that have sealed what is under old names: given back later, they would bring these back */
export async function requireNoLetters({ subjects, ...place }: Place): Promise<void> {
  const names = new Set(subjects.map(({ name }) => name))
  const letters = (await findLetters(place)).filter(({ topic }) => names.has(topic))
  if (letters.length === 0) return
  const stages = [...new Set(letters.map(({ stage }) => stage))]
  throw new RekeyError(
    `${counted(letters.length, 'dead letter')} of ${stages.join(', ')} hold pseudonyms, sealed: give them back by \`continuo dlq replay --stage ${stages[0]}\` if they are worth it, ` +
      `then throw them away by \`continuo dlq purge --stage ${stages[0]}\``,
  )
}

/** @throws RekeyError while a version reads its history from a topic of its own */
export async function requireNoBackfill({
  kafka,
  topicPrefix,
}: Pick<Place, 'kafka' | 'topicPrefix'>): Promise<void> {
  const isHistory = new RegExp(`^(${topologyNames.join('|')})(\\.v\\d+)?\\.history$`)
  const all = await withAdmin(kafka, (admin) => admin.listTopics())
  const found = all.find(
    (name) => name.startsWith(topicPrefix) && isHistory.test(name.slice(topicPrefix.length)),
  )
  if (found !== undefined)
    throw new RekeyError(
      `a backfill has left ${found}: end it, or give that version up by \`continuo reset\``,
    )
}
