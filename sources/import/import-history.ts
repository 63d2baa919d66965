import { randomBytes } from 'node:crypto'
import type { Admin, Kafka } from 'kafkajs'
import type { Codec } from '../../schemas/codec.ts'
import { type Pseudonyms, pseudonyms } from '../../schemas/pseudonym.ts'
import { topics } from '../../schemas/topics.ts'
import type { ExportFile } from './files/find-files.ts'
import { KnownPlays } from './known-plays.ts'
import { readLedger } from './ledger.ts'
import { sourceOf } from './plays.ts'
import { ImportProducer, type Position, type SendRecords } from './producer.ts'
import type { ImportReport } from './report.ts'
import { Settlement, settlementTopics } from './settlement.ts'
import { requireTopics } from './topic-ends.ts'
import { type History, Work } from './work.ts'

export interface ImportOptions extends History {
  kafka: Kafka
  codec: Codec
  topicPrefix: string
  /** As the pipelines have it: `anonymise` reads under `<applicationId>.anonymise`. */
  applicationId: string
  pseudonyms: Pseudonyms
  /** Makes what sends the records of one producer. */
  recordBatches: () => SendRecords
  /** How long to wait for `anonymise`, or false not to. */
  settleWithinMs: number | false
}

/**
 * Imports listening histories: every record becomes one play, once, however often and in however many pieces it is imported.
 * @throws ImportError if a topic is missing, or Kafka refuses.
 */
export async function importHistory(options: ImportOptions): Promise<ImportReport> {
  const { kafka, codec, settleWithinMs } = options
  const work = await Work.of(options, options.pseudonyms)
  const admin = kafka.admin()
  try {
    await admin.connect()
    await requireTopics(admin, topicsOf(options))
    await codec.register(topics.plays)
    await codec.register(topics.importedPlays)
    const settlement = settleWithinMs === false ? null : await Settlement.begin({ ...options, admin })
    const lasts = new Map<number, Position>()
    for (const [userId, files] of work.byListener) {
      const last = await importListener(work, { ...options, admin, importId: work.importId, userId, files })
      if (last !== null) lasts.set(last.partition, last)
    }
    return work.report(await settle(settlement, [...lasts.values()], options, work))
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

/** Says what an import would do, as far as files can tell: not what has been imported before. */
export async function tryImport(history: History): Promise<ImportReport> {
  const work = await Work.of(history, pseudonyms([randomBytes(32)]), true)
  for (const [userId, files] of work.byListener)
    await work.read(userId, files, new KnownPlays(), () => Promise.resolve())
  return work.report({ settled: null, waitedInVainFor: null })
}

function topicsOf({ topicPrefix, settleWithinMs }: ImportOptions): string[] {
  const written = [topics.plays, topics.importedPlays].map(({ name }) => `${topicPrefix}${name}`)
  return settleWithinMs === false ? written : [...written, ...settlementTopics(topicPrefix)]
}

/** Where the listener's last play lies, or null if nothing was new. */
async function importListener(
  work: Work,
  options: ImportOptions & { admin: Admin; importId: string; userId: string; files: readonly ExportFile[] },
): Promise<Position | null> {
  const { userId, files, onSent, now = Date.now } = options
  const listener = options.pseudonyms.listener(userId)
  const producer = new ImportProducer({ ...options, listener })
  try {
    // In this order: only once an earlier import is shut out does the ledger hold all that it has done.
    await producer.connect()
    const known = new KnownPlays()
    await readLedger(options, listener, (eventId) => known.add(eventId))
    let last: Position | null = null
    await work.read(userId, files, known, async (plays) => {
      last = await producer.send(plays, now())
      onSent?.(plays.length)
    })
    return last
  } finally {
    await producer.disconnect().catch(() => undefined)
  }
}

async function settle(
  settlement: Settlement | null,
  lasts: readonly Position[],
  { settleWithinMs, onProgress }: ImportOptions,
  { importId, sent }: Work,
): Promise<Pick<ImportReport, 'settled' | 'waitedInVainFor'>> {
  if (settlement === null || settleWithinMs === false) return { settled: null, waitedInVainFor: null }
  if (lasts.length === 0)
    return { settled: { clean: 0, duplicates: 0, deadLetters: 0 }, waitedInVainFor: null }
  const passed = await settlement.passed(lasts, settleWithinMs, (remaining) =>
    onProgress?.('settling', Math.max(0, sent - remaining), sent),
  )
  if (!passed) return { settled: null, waitedInVainFor: settlement.group }
  const partitions = new Set(lasts.map(({ partition }) => partition))
  return { settled: await settlement.count(sourceOf(importId), partitions), waitedInVainFor: null }
}
