import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { zipSync } from 'fflate'
import { validatePlay } from '../../../../pipelines/steps/validate-play.ts'
import { ByteWriter } from '../../../../schemas/byte-writer.ts'
import { topics } from '../../../../schemas/topics.ts'
import { FileError } from '../../../../sources/import/errors.ts'
import { unpacked } from '../../../../sources/import/files/unpacked.ts'
import { type Format, spotify, totalsOf, tryImport } from '../../../../sources/import/index.ts'
import type { Listen, SkipReason } from '../../../../sources/import/listen.ts'
import { playOf } from '../../../../sources/import/plays.ts'
import { Random } from '../../../../sources/simulator/random.ts'
import { inPieces } from '../read-text.ts'
import { documents, tokens } from './documents.ts'

const now = Date.UTC(2026, 0, 1)
const origin = { eventId: 'f'.repeat(32), userId: 'user', source: 'import:fuzz' }
/** Of so many inputs one goes through an archive on the disk. */
const AN_ARCHIVE_IN = 400
const READ_TWICE_IN = 8
const SLOWEST_MS = 5_000

export interface Fuzzed {
  inputs: number
  plays: number
  skipped: Record<string, number>
  /** Inputs that are no whole file. */
  files: number
  slowestMs: number
}

/**
 * Random and damaged inputs into the import: nothing but a {@link FileError} is thrown, every record is a play that the pipeline takes or
 * has a reason, in whatever pieces it comes, and where it is still JSON there are as many records as it has.
 */
export async function fuzz(
  inputs: number,
  seed: string,
  onInputs: (fuzzed: Fuzzed) => void = () => undefined,
): Promise<Fuzzed> {
  const random = new Random(seed)
  const fuzzed: Fuzzed = { inputs: 0, plays: 0, skipped: {}, files: 0, slowestMs: 0 }
  const folder = await mkdtemp(join(tmpdir(), 'continuo-fuzz-'))
  try {
    for (let each = 0; each < inputs; each++) {
      const began = performance.now()
      const { format, bytes } = inputOf(random)
      try {
        if (each % AN_ARCHIVE_IN === 0) await archived(random, folder, bytes)
        else await tried(random, format, bytes, fuzzed)
      } catch (error) {
        throw new Error(`seed ${seed}, input ${each}: ${bytes.toString('base64')}`, { cause: error })
      }
      const took = performance.now() - began
      assert.ok(took < SLOWEST_MS, `seed ${seed}, input ${each} took ${took} ms: ${bytes.toString('base64')}`)
      fuzzed.slowestMs = Math.max(fuzzed.slowestMs, took)
      fuzzed.inputs += 1
      onInputs(fuzzed)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
  return fuzzed
}

const pick = <T>(random: Random, some: readonly T[]): T => some[random.uint32() % some.length]!

function inputOf(random: Random): { format: Format; bytes: Buffer } {
  const { format, bytes } = pick(random, documents)
  if (random.unit() < 0.1) {
    const noise = Buffer.from(Array.from({ length: random.uint32() % 200 }, () => random.uint32() & 0xff))
    return { format, bytes: random.unit() < 0.5 ? noise : Buffer.concat([Buffer.from('[{'), noise]) }
  }
  let mutated = bytes
  for (let times = random.uint32() % 5; times > 0; times--) mutated = mutate(random, mutated)
  return { format, bytes: mutated }
}

function mutate(random: Random, bytes: Buffer): Buffer {
  const at = random.uint32() % (bytes.length + 1)
  const length = random.unit() < 0.8 ? random.uint32() % 8 : random.uint32() % (bytes.length + 1)
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)]
  switch (random.uint32() % 6) {
    case 0:
      return head
    case 1:
      return Buffer.concat([head, tail.subarray(length)])
    case 2:
      return Buffer.concat([head, pick(random, tokens), tail])
    case 3:
      return Buffer.concat([head, tail.subarray(0, length), tail])
    case 4:
      return Buffer.concat([head, pick(random, documents).bytes])
    default: {
      const changed = Buffer.from(bytes)
      if (at < changed.length) changed[at] = random.uint32() & 0xff
      return changed
    }
  }
}

interface Read {
  records: (Listen | SkipReason)[]
  error?: FileError
}

async function tried(random: Random, format: Format, bytes: Buffer, fuzzed: Fuzzed): Promise<void> {
  const { records, error } = await read(format, bytes, 1 + (random.uint32() % 20))
  for (const record of records) {
    if (typeof record === 'string') {
      assert.match(record, /^[a-z0-9_]+$/)
      fuzzed.skipped[record] = (fuzzed.skipped[record] ?? 0) + 1
      continue
    }
    const play = playOf(record, origin)
    assert.equal(validatePlay(play, { now, random: () => 0 } as never).kind, 'ok')
    topics.plays.value.write(play, new ByteWriter(64))
    fuzzed.plays += 1
  }
  if (error !== undefined) fuzzed.files += 1
  if (format === spotify) assertAllCounted(bytes, records)
  if (fuzzed.inputs % READ_TWICE_IN !== 0) return
  const again = await read(format, bytes, 1)
  // What a damaged archive gives before it is found out depends on how it comes.
  if ([error, again.error].some((each) => each?.message.startsWith('it is damaged'))) return
  assert.deepEqual(comparable(again.records), comparable(records))
  assert.equal(again.error?.message, error?.message)
}

/** Texts that cannot be read come before or behind the others, as the pieces are. */
const comparable = (records: readonly (Listen | SkipReason)[]) =>
  records.map((each) => JSON.stringify(each)).sort()

async function read(format: Format, bytes: Buffer, pieces: number): Promise<Read> {
  const records: (Listen | SkipReason)[] = []
  try {
    const text = unpacked(Readable.from(inPieces(bytes, pieces)), () => undefined)
    for await (const some of format.read(text, now)) records.push(...some)
    return { records }
  } catch (error) {
    assert.ok(error instanceof FileError, String(error))
    return { records, error }
  }
}

function assertAllCounted(bytes: Buffer, records: readonly unknown[]): void {
  let list: unknown
  try {
    list = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return
  }
  if (Array.isArray(list)) assert.equal(records.length, list.length)
}

async function archived(random: Random, folder: string, bytes: Buffer): Promise<void> {
  const whole = zipSync({ 'StreamingHistory0.json': bytes, 'endsong_1.json': pick(random, documents).bytes })
  const path = join(folder, 'export.zip')
  await writeFile(path, random.unit() < 0.3 ? whole : mutate(random, Buffer.from(whole)))
  const report = await tryImport({ format: spotify, paths: [path], listenerOf: () => 'user', now: () => now })
  assert.equal(totalsOf(report).addsUp, true)
  if (report.read === 0) assert.ok(report.unreadable.length > 0 || report.files > 0)
}
