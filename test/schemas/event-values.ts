import fc from 'fast-check'
import type {
  ArtistTotal,
  CleanPlay,
  DeadLetter,
  ImportedPlay,
  LatePlay,
  Play,
} from '../../schemas/events.ts'
import type { topics } from '../../schemas/topics.ts'

/** The largest whole number that is kept exactly with either sign. */
export const LARGEST_LONG = 2 ** 52 - 1
const text = fc.string({ unit: 'grapheme' })
const long = fc.integer({ min: -LARGEST_LONG, max: LARGEST_LONG })
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const maybe = fc.option(text)

const play: Record<keyof Play, fc.Arbitrary<unknown>> = {
  eventId: text,
  userId: text,
  trackId: text,
  trackName: text,
  artistId: text,
  artistName: text,
  playedAt: long,
  msPlayed: long,
  platform: text,
  ip: maybe,
  country: maybe,
  source: text,
}
const cleanPlay: Record<keyof CleanPlay, fc.Arbitrary<unknown>> = {
  eventId: text,
  listener: text,
  trackId: text,
  trackName: text,
  artistId: text,
  artistName: text,
  playedAt: long,
  msPlayed: long,
  platform: text,
  network: maybe,
  country: maybe,
  source: text,
  receivedAt: long,
}
const latePlay: Record<keyof LatePlay, fc.Arbitrary<unknown>> = {
  eventId: text,
  artistId: text,
  playedAt: long,
  msPlayed: long,
  source: text,
  streamTime: long,
  lateByMs: long,
}
const artistTotal: Record<keyof ArtistTotal, fc.Arbitrary<unknown>> = {
  artistId: text,
  artistName: text,
  windowStart: long,
  windowEnd: long,
  plays: long,
  msPlayed: long,
  listeners: long,
  receivedAt: long,
}
const letter: Record<keyof DeadLetter, fc.Arbitrary<unknown>> = {
  id: text,
  stage: text,
  kind: fc.constantFrom('decode', 'validate', 'step', 'sink'),
  reason: text,
  topic: text,
  partition: int,
  offset: long,
  timestamp: long,
  schemaId: fc.option(int),
  source: maybe,
  keyId: text,
  sealed: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
}
const importedPlay: Record<keyof ImportedPlay, fc.Arbitrary<unknown>> = { importId: text, producedAt: long }

/** Any value of each field that a topic's values have. */
export const valuesOf: Record<keyof typeof topics, Record<string, fc.Arbitrary<unknown>>> = {
  plays: play,
  playsClean: cleanPlay,
  duplicatePlays: cleanPlay,
  playsByArtist: cleanPlay,
  artistTotalsLive: artistTotal,
  artistTotals: artistTotal,
  latePlays: latePlay,
  deadLetters: letter,
  importedPlays: importedPlay,
}
