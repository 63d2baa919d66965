import { randomBytes } from 'node:crypto'
import type { Admin, Kafka } from 'kafkajs'
import type { Codec } from '../../schemas/codec.ts'
import { type Pseudonyms, pseudonyms } from '../../schemas/pseudonym.ts'
import { topics } from '../../schemas/topics.ts'
import { ImportError } from './errors.ts'
import type { ExportFile } from './files/find-files.ts'
import { KnownPlays } from './known-plays.ts'
import { Ledger } from './ledger.ts'
import type { PartitionReader } from './partition-reader.ts'
import { sourceOf } from './plays.ts'
import { ImportProducer, type Position, type SendRecords } from './producer.ts'
import type { ImportReport } from './report.ts'
import { Settlement, settlementTopics } from './settlement.ts'
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
  reader: PartitionReader
  /** How long to wait for `anonymise`, or false not to. */
  settleWithinMs: number | false
}

/** For so many at a time it is kept in memory what has been imported, which is read anew for the next. */
const LISTENERS_AT_A_TIME = 100

/**
 * Imports listening histories: every record becomes one play, once, however often and in however many pieces it is imported.
 * @throws ImportError if a topic is missing, or Kafka refuses.
 */
export async function importHistory(options: ImportOptions): Promise<ImportReport> {
  const { kafka, codec, settleWithinMs, reader, topicPrefix } = options
  const work = await Work.of(options, options.pseudonyms)
  const admin = kafka.admin()
  try {
    await admin.connect()
    await requireTopics(admin, topicsOf(options))
    await codec.register(topics.plays)
    await codec.register(topics.importedPlays)
    const settlement = settleWithinMs === false ? null : await Settlement.begin({ ...options, admin })
    const lasts = new Map<number, Position>()
    const all = [...work.byListener].map(([userId, files]) => ({
      userId,
      files,
      listener: options.pseudonyms.listener(userId),
    }))
    for (let at = 0; at < all.length; at += LISTENERS_AT_A_TIME) {
      const some = all.slice(at, at + LISTENERS_AT_A_TIME)
      const ledger = new Ledger(
        reader,
        topicPrefix,
        some.map(({ listener }) => listener),
      )
      for (const each of some) {
        const last = await importListener(work, ledger, { ...options, ...each })
        if (last !== null) lasts.set(last.partition, last)
      }
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

/** @throws ImportError naming the topics that do not exist: asked for their offsets, the client would wait for ever. */
async function requireTopics(admin: Admin, names: readonly string[]): Promise<void> {
  const existing = new Set(await admin.listTopics())
  const missing = names.filter((name) => !existing.has(name))
  if (missing.length === 0) return
  throw new ImportError(
    `Kafka has no topic ${missing.join(', ')}: run \`continuo migrate\`, and check TOPIC_PREFIX and KAFKA_BROKERS`,
  )
}

/** Where the listener's last play lies, or null if nothing was new. */
async function importListener(
  work: Work,
  ledger: Ledger,
  options: ImportOptions & { listener: string; userId: string; files: readonly ExportFile[] },
): Promise<Position | null> {
  const { userId, files, listener, onSent, now = Date.now } = options
  const producer = new ImportProducer({ ...options, importId: work.importId })
  try {
    // In this order: only once an earlier import is shut out does the ledger hold all that it has done.
    await producer.connect()
    const known = await ledger.take(listener)
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
