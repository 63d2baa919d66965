import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { connectKafka, ensureTopics } from '../pipelines/engine/index.ts'
import { topics } from '../schemas/topics.ts'
import pino from 'pino'
import { type BenchPlace, envOf } from './kafka.ts'
import { type Measured, runWorker } from './measured.ts'

const PLAYS = Number(process.env['BENCH_ROWS'] ?? 300_000)
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 1)
/** A file of the extended kind, for memory. */
const LARGE_BYTES = Number(process.env['BENCH_IMPORT_GB'] ?? 2) * 1e9
const ROWS_A_WRITE = 1_000
/** The young generation of `npm run bench` is that of topologies: an import has Node's own. */
const AS_CONTINUO: string[] = []

type RowOf = (index: number) => object

const TRACKS = 9_973
const ARTISTS = 1_009
const artistOf = (index: number) => `Artist of the name ${(index % TRACKS) % ARTISTS}`
const trackOf = (index: number) => `Track ${index % TRACKS} - Remastered`
const endOf = (index: number) => new Date(Date.UTC(2010, 0) + index * 97_000).toISOString()
const account: RowOf = (index) => ({
  endTime: endOf(index).slice(0, 16).replace('T', ' '),
  artistName: artistOf(index),
  trackName: trackOf(index),
  msPlayed: (index * 7_919) % 240_000,
})
const extended: RowOf = (index) => ({
  ts: endOf(index).replace('.000', ''),
  username: null,
  platform: 'Android OS 10 API 29 (samsung, SM-G973F)',
  ms_played: (index * 7_919) % 240_000,
  conn_country: 'DE',
  ip_addr_decrypted: null,
  user_agent_decrypted: 'unknown',
  master_metadata_track_name: trackOf(index),
  master_metadata_album_artist_name: artistOf(index),
  master_metadata_album_album_name: `Album ${(index % TRACKS) % 2_003}`,
  spotify_track_uri: `spotify:track:${String(index % TRACKS).padStart(22, '0')}`,
  episode_name: null,
  episode_show_name: null,
  spotify_episode_uri: null,
  reason_start: 'trackdone',
  reason_end: 'trackdone',
  shuffle: false,
  skipped: null,
  offline: null,
  offline_timestamp: null,
  incognito_mode: null,
})

/** Imports of Spotify exports: from file to committed in Kafka, a CPU-second of the importing process, and the memory that a large file takes. */
export async function benchImport(place: BenchPlace): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-bench-import-'))
  const log = pino({ level: 'error' })
  const kafka = connectKafka({ clientId: 'bench', brokers: place.kafkaBrokers.split(','), tls: false, log })
  const specs = [topics.plays, topics.importedPlays].map(({ name, config }) => ({
    topic: place.topicPrefix + name,
    partitions: 1,
    config,
  }))
  await ensureTopics(kafka, specs, 1)
  try {
    const [small, wide, large] = ['StreamingHistory0.json', 'endsong_0.json', 'endsong_1.json'].map((name) =>
      join(folder, name),
    ) as [string, string, string]
    await write(small, account, (rows) => rows < PLAYS)
    await write(wide, extended, (rows) => rows < PLAYS)
    const jobs = [
      ['floor', small, 'floor: account export, parsed in one go and sent by kafkajs; no ids, no ledger'],
      ['import', small, 'account export, imported'],
      ['floor', wide, 'floor: extended export'],
      ['import', wide, 'extended export, imported'],
    ] as const
    const rows = new Map<string, Measured[]>(jobs.map(([, , what]) => [what, []]))
    for (let round = 0; round < ROUNDS; round++)
      for (const [workload, file, what] of jobs) rows.get(what)!.push(await measured(place, workload, file))
    console.table([...rows].map(([what, runs]) => told(what, runs)))
    await write(large, extended, (_, bytes) => bytes < LARGE_BYTES)
    const bytes = (await stat(large)).size
    const run = await measured(place, 'dry-run', large)
    console.table([told(`${(bytes / 1e9).toFixed(2)} GB, ${run.rows} records, dry run`, [run])])
  } finally {
    await rm(folder, { recursive: true })
  }
}

const measured = (place: BenchPlace, workload: string, file: string) =>
  runWorker(
    'import',
    {
      ...envOf(place),
      BENCH_WORKLOAD: workload,
      BENCH_FILE: file,
      BENCH_RUN: Date.now().toString(36),
    },
    AS_CONTINUO,
  )

function told(what: string, runs: Measured[]) {
  const rates = runs.map(({ rows, cpuSeconds }) => Math.round(rows / cpuSeconds)).sort((a, b) => a - b)
  return {
    what,
    'plays / CPU-second': rates.map((rate) => rate.toLocaleString('en')).join(', '),
    'most memory of its own, MB': Math.round(Math.max(...runs.map(({ ownMb }) => ownMb))),
    "with Node's program, MB": Math.round(Math.max(...runs.map(({ mostMb }) => mostMb))),
  }
}

async function write(file: string, rowOf: RowOf, goesOn: (rows: number, bytes: number) => boolean) {
  function* text() {
    let bytes = 1
    yield '['
    for (let rows = 0; goesOn(rows, bytes); rows += ROWS_A_WRITE) {
      const some = Array.from({ length: ROWS_A_WRITE }, (_, each) => JSON.stringify(rowOf(rows + each)))
      const piece = (rows === 0 ? '' : ',\n') + some.join(',\n')
      bytes += piece.length
      yield piece
    }
    yield ']'
  }
  await pipeline(Readable.from(text()), createWriteStream(file))
}
