import type { Play } from '../../schemas/events.ts'
import { FileError } from './errors.ts'
import type { ExportFile, FileTrouble } from './files/find-files.ts'
import { unpacked } from './files/unpacked.ts'
import type { Format } from './formats/format.ts'
import { type PlayIdOf, eventIdOf } from './ids.ts'
import type { KnownPlays } from './known-plays.ts'
import { type PlayOrigin, playOf } from './plays.ts'
import { type Tally, skip } from './tally.ts'

export interface ListenerSource extends Pick<PlayOrigin, 'userId' | 'source'> {
  format: Format
  files: readonly ExportFile[]
  playIdOf: PlayIdOf
  known: KnownPlays
  /** Milliseconds since 1970. */
  now: number
}

export interface ListenerSink {
  tally: Tally
  /** Plays that are new, as many at a time as `chunk` says. */
  chunk: number
  take(plays: Play[]): Promise<void>
  /** Bytes more of the files that have been read. */
  onBytes(bytes: number): void
  unreadable(trouble: FileTrouble): void
  incomplete(trouble: FileTrouble): void
}

/** Reads the files of a listener one after the other, each record into the tally and each new play to `take`. */
export async function readListener(source: ListenerSource, sink: ListenerSink): Promise<void> {
  const { files, format, known } = source
  const pending: Play[] = []
  for (const file of files.toSorted((one, other) => format.rank(one.path) - format.rank(other.path))) {
    const before = sink.tally.read
    let bytes = 0
    const onBytes = (more: number) => {
      bytes += more
      sink.onBytes(more)
    }
    try {
      await readFile(file, source, { ...sink, onBytes }, pending)
      if (bytes === 0) throw new FileError('it is empty')
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      const trouble = { path: file.path, why: error.message }
      if (sink.tally.read === before) sink.unreadable(trouble)
      else sink.incomplete(trouble)
    }
    // Of what is not read to its end there is nothing to wait for either.
    if (bytes < file.bytes) sink.onBytes(file.bytes - bytes)
    known.endFile()
  }
  while (pending.length > 0) await take(pending, sink)
}

async function take(pending: Play[], { chunk, tally, take }: ListenerSink): Promise<void> {
  const plays = pending.splice(0, chunk)
  await take(plays)
  tally.sent += plays.length
}

async function readFile(
  file: ExportFile,
  { format, playIdOf, known, now, userId, source }: ListenerSource,
  sink: ListenerSink,
  pending: Play[],
): Promise<void> {
  const { tally } = sink
  const stream = await file.open().catch((error: unknown) => {
    throw new FileError(`it cannot be read: ${(error as Error).message}`, { cause: error })
  })
  for await (const listens of format.read(unpacked(stream, sink.onBytes), now)) {
    for (const listen of listens) {
      tally.read += 1
      if (typeof listen === 'string') {
        skip(tally, listen)
        continue
      }
      const playId = playIdOf(listen)
      const number = known.take(playId)
      if (number < 0) tally.alreadyImported += 1
      else pending.push(playOf(listen, { eventId: eventIdOf(playId, number), userId, source }))
    }
    while (pending.length >= sink.chunk) await take(pending, sink)
  }
}
