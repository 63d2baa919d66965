import { randomUUID } from 'node:crypto'
import type { Admin, Kafka } from 'kafkajs'
import type { Codec } from '../../schemas/codec.ts'
import type { Play } from '../../schemas/events.ts'
import { pseudonymise } from '../../schemas/pseudonym.ts'
import { topics } from '../../schemas/topics.ts'
import { ImportError } from './errors.ts'
import { readExports } from './export-file.ts'
import { importedEventIds } from './ledger.ts'
import { playsOf, sourceOf } from './plays.ts'
import { ImportProducer, type Position } from './producer.ts'
import type { ImportReport } from './report.ts'
import { Settlement, settlementTopics } from './settlement.ts'
import { parseSpotifyExports } from './spotify.ts'
import { requireTopics } from './topic-ends.ts'

/** `sending`: plays handed to Kafka; `settling`: plays that `anonymise` has passed. */
export type ImportPhase = 'sending' | 'settling'

export interface ImportOptions {
  kafka: Kafka
  codec: Codec
  topicPrefix: string
  /** As the pipelines have it: `anonymise` reads under `<applicationId>.anonymise`. */
  applicationId: string
  pseudonymKey: Buffer
  /** Exports of one listener; `.json`, gzipped or not. */
  files: readonly string[]
  /** Whose plays they are: the id by which the service knows the listener. */
  userId: string
  /** How long to wait for `anonymise`, or false not to. */
  settleWithinMs: number | false
  /** Plays in one transaction. */
  chunk?: number
  onProgress?: (phase: ImportPhase, done: number, total: number) => void
  /** Milliseconds since 1970. */
  now?: () => number
}

const DEFAULT_CHUNK = 500
const MAX_USER_ID = 512

/**
 * Imports Spotify "account data" exports: every row becomes one play, once, however often and in however many pieces it is imported.
 * @throws ImportError if a file cannot be read, a topic is missing, or Kafka refuses.
 */
export async function importSpotify(options: ImportOptions): Promise<ImportReport> {
  const { kafka, codec, topicPrefix, pseudonymKey, userId, now = Date.now } = options
  if (userId === '' || userId.length > MAX_USER_ID) {
    throw new ImportError(`the user id must have 1 to ${MAX_USER_ID} characters: give it with --user`)
  }
  const { read, rows, skipped } = parseSpotifyExports(await readExports(options.files), now())
  const importId = randomUUID()
  const listener = pseudonymise(pseudonymKey, userId)
  const plays = playsOf(rows, { pseudonymKey, userId, importId })

  const admin = kafka.admin()
  const producer = new ImportProducer({ ...options, importId, listener })
  try {
    await admin.connect()
    await requireTopics(admin, topicsOf(options))
    await codec.register(topics.plays)
    await codec.register(topics.importedPlays)
    const settlement = options.settleWithinMs === false ? null : await Settlement.begin({ ...options, admin })
    // In this order: only once an earlier import is shut out does the ledger hold all that it has done.
    await producer.connect()
    const known = await importedEventIds(kafka, admin, topicPrefix, listener)
    const fresh = plays.filter(({ eventId }) => !known.has(eventId))
    const last = await sendInChunks(producer, fresh, { ...options, now })
    return {
      importId,
      listener,
      files: options.files.length,
      read,
      skipped,
      alreadyImported: plays.length - fresh.length,
      sent: fresh.length,
      ...(await settle(settlement, last, { ...options, importId, sent: fresh.length })),
    }
  } finally {
    await disconnect(producer, admin)
  }
}

function topicsOf({ topicPrefix, settleWithinMs }: ImportOptions): string[] {
  const written = [topics.plays, topics.importedPlays].map(({ name }) => `${topicPrefix}${name}`)
  return settleWithinMs === false ? written : [...written, ...settlementTopics(topicPrefix)]
}

/** Where the last play lies, or null if there was none to send. */
async function sendInChunks(
  producer: ImportProducer,
  plays: readonly Play[],
  {
    chunk = DEFAULT_CHUNK,
    now,
    onProgress,
  }: Pick<ImportOptions, 'chunk' | 'onProgress'> & { now: () => number },
): Promise<Position | null> {
  let last: Position | null = null
  for (let sent = 0; sent < plays.length;) {
    const part = plays.slice(sent, sent + chunk)
    last = await producer.send(part, now())
    sent += part.length
    onProgress?.('sending', sent, plays.length)
  }
  return last
}

async function settle(
  settlement: Settlement | null,
  last: Position | null,
  options: Pick<ImportOptions, 'settleWithinMs' | 'onProgress'> & { importId: string; sent: number },
): Promise<Pick<ImportReport, 'settled' | 'waitedInVainFor'>> {
  if (settlement === null || options.settleWithinMs === false) return { settled: null, waitedInVainFor: null }
  if (last === null) return { settled: { clean: 0, duplicates: 0, deadLetters: 0 }, waitedInVainFor: null }
  const { sent, onProgress } = options
  const passed = await settlement.passed(last, options.settleWithinMs, (remaining) =>
    onProgress?.('settling', Math.max(0, sent - remaining), sent),
  )
  if (!passed) return { settled: null, waitedInVainFor: settlement.group }
  return {
    settled: await settlement.count(sourceOf(options.importId), last.partition),
    waitedInVainFor: null,
  }
}

async function disconnect(producer: ImportProducer, admin: Admin): Promise<void> {
  await Promise.allSettled([producer.disconnect(), admin.disconnect()])
}
