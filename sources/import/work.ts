import { randomUUID } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import type { Play } from '../../schemas/events.ts'
import type { Pseudonyms } from '../../schemas/pseudonym.ts'
import { isText } from '../../schemas/text.ts'
import { type ExportFile, type FileTrouble, findFiles } from './files/find-files.ts'
import type { Format } from './formats/format.ts'
import { playIds } from './ids.ts'
import type { KnownPlays } from './known-plays.ts'
import { sourceOf } from './plays.ts'
import { readListener } from './read-listener.ts'
import type { ImportReport, ListenerReport } from './report.ts'
import { emptyTally, sumOf } from './tally.ts'

/** `sending`: bytes of the files read, and what is new in them handed to Kafka; `settling`: plays that `anonymise` has passed. */
export type ImportPhase = 'sending' | 'settling'

/** What is to be imported. */
export interface History {
  format: Format
  /** Files, folders, zip archives; each gzipped or not. */
  paths: readonly string[]
  /** Whose plays a file has: the id by which the service knows the listener; undefined if it names none. */
  listenerOf: (file: Pick<ExportFile, 'path' | 'within'>) => string | undefined
  onProgress?: (phase: ImportPhase, done: number, total: number) => void
  /** After each transaction, so many plays more. */
  onSent?: (plays: number) => void
  /** Plays in one transaction. */
  chunk?: number
  /** Milliseconds since 1970. */
  now?: () => number
}

const DEFAULT_CHUNK = 5_000
/** From here on less memory is worth a sixth of the speed. */
const LARGE_BYTES = 256 * 1024 * 1024

/** An import under way: whose files there are, and what has become of them. */
export class Work {
  readonly importId = randomUUID()
  readonly byListener: ReadonlyMap<string, readonly ExportFile[]>
  readonly #history: History
  readonly #pseudonyms: Pseudonyms
  readonly #dryRun: boolean
  #files: number
  readonly #others: number
  readonly #unreadable: FileTrouble[]
  readonly #incomplete: FileTrouble[] = []
  readonly #listeners: ListenerReport[] = []
  readonly #totalBytes: number
  #bytes = 0

  private constructor(
    history: History,
    pseudonyms: Pseudonyms,
    dryRun: boolean,
    { files, unreadable, others }: Awaited<ReturnType<typeof findFiles>>,
  ) {
    const { byListener, nobodys } = grouped(files, history.listenerOf)
    this.byListener = byListener
    this.#history = history
    this.#pseudonyms = pseudonyms
    this.#dryRun = dryRun
    const listeners = [...byListener.values()].flat()
    this.#files = listeners.length
    this.#others = others
    this.#unreadable = [...unreadable, ...nobodys]
    this.#totalBytes = listeners.reduce((sum, { bytes }) => sum + bytes, 0)
    // Of an import that takes longer anyway; V8 reads the setting at each collection.
    if (this.#totalBytes > LARGE_BYTES) setFlagsFromString('--optimize-for-size')
  }

  static async of(history: History, pseudonyms: Pseudonyms, dryRun = false): Promise<Work> {
    return new Work(
      history,
      pseudonyms,
      dryRun,
      await findFiles(history.paths, (path) => history.format.accepts(path)),
    )
  }

  /** Plays sent so far. */
  get sent(): number {
    return sumOf(this.#listeners).sent
  }

  /** Reads all files of a listener; plays that are not among `known` are given to `take`. */
  async read(
    userId: string,
    files: readonly ExportFile[],
    known: KnownPlays,
    take: (plays: Play[]) => Promise<void>,
  ): Promise<void> {
    const { format, chunk = DEFAULT_CHUNK, onProgress, now = Date.now } = this.#history
    const tally = emptyTally()
    const listener = this.#pseudonyms.listener(userId)
    this.#listeners.push(this.#dryRun ? tally : Object.assign(tally, { listener }))
    const playIdOf = playIds(this.#pseudonyms.firstKey, userId)
    await readListener(
      { format, files, playIdOf, known, userId, source: sourceOf(this.importId), now: now() },
      {
        tally,
        chunk,
        take,
        onBytes: (bytes) => {
          this.#bytes += bytes
          onProgress?.('sending', Math.min(this.#bytes, this.#totalBytes), this.#totalBytes)
        },
        unreadable: (trouble) => {
          this.#unreadable.push(trouble)
          this.#files -= 1
        },
        incomplete: (trouble) => this.#incomplete.push(trouble),
      },
    )
  }

  report(settled: Pick<ImportReport, 'settled' | 'waitedInVainFor'>): ImportReport {
    return {
      importId: this.importId,
      dryRun: this.#dryRun,
      listeners: this.#listeners,
      files: this.#files,
      others: this.#others,
      unreadable: this.#unreadable,
      incomplete: this.#incomplete,
      ...sumOf(this.#listeners),
      ...settled,
    }
  }
}

function grouped(files: readonly ExportFile[], listenerOf: History['listenerOf']) {
  const byListener = new Map<string, ExportFile[]>()
  const nobodys: FileTrouble[] = []
  for (const file of files) {
    const userId = listenerOf(file)
    if (userId === undefined || !isText(userId)) {
      nobodys.push({ path: file.path, why: 'its path names no listener: give --user, or another --user-by' })
      continue
    }
    const known = byListener.get(userId)
    if (known === undefined) byListener.set(userId, [file])
    else known.push(file)
  }
  return { byListener, nobodys }
}
