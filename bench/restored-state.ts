import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kafka } from 'kafkajs'
import pino, { type Logger } from 'pino'
import { changelogOf } from '../pipelines/engine/changelog-of.ts'
import { KeyValueStore } from '../pipelines/engine/store.ts'
import {
  Codec,
  type StateStore,
  avroSchema,
  connectKafka,
  count,
  ensureTopics,
  fold,
  topic,
  topology,
  write,
} from '../pipelines/engine/index.ts'
import { restoreTasks } from '../pipelines/engine/kafka/restore-tasks.ts'
import { StateDirectory } from '../pipelines/engine/kafka/local-state/state-directory.ts'
import { Task } from '../pipelines/engine/task.ts'
import { registryInMemory } from '../pipelines/engine/testing/registry-in-memory.ts'
import { type BenchPlace, envOf } from './kafka.ts'
import { type Measured, median, runWorker } from './measured.ts'

const long = avroSchema<number>('bench-restored.v1', 'long')
const rows = topic('bench-restored-rows', long, 'key')
const counts = topic('bench-restored-counts', long, 'key')
const STORE = 'fold-1'
const KEYS_A_SEND = 5_000
const KEYS = Number(process.env['BENCH_KEYS'] ?? 1_000_000)
const ROUNDS = 3
/** Of a snapshot, with each commit. */
const KEYS_A_SLICE = 4_000

/** A count for each key, and as many keys as it is given. */
const restored = topology('restored', ({ read }) => read(rows).pipe(fold(count()), write(counts)))

/** A task of it that is to be restored: it neither reads nor writes. */
export const restoredTask = (): Task =>
  new Task({
    topology: restored,
    partition: 0,
    codec: new Codec(registryInMemory()),
    deadLetterKey: { id: 'bench', bytes: Buffer.alloc(32) },
  })

/** Writes the changelog of a task that has counted so many keys. */
async function fillChangelog(kafka: Kafka, topicPrefix: string, keys: number): Promise<void> {
  const changelog = topicPrefix + changelogOf(restored.name, STORE)
  await ensureTopics(kafka, [{ topic: changelog, partitions: 1, config: { 'cleanup.policy': 'compact' } }], 1)
  const task = restoredTask()
  const { store } = task.stores.get(STORE)!
  if (!(store instanceof KeyValueStore)) throw new Error(`${STORE} is no store of values by key`)
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  for (let key = 0; key < keys;) {
    for (const end = Math.min(keys, key + KEYS_A_SEND); key < end; key += 1)
      store.put(`listener-${key.toString().padStart(12, '0')}`, { value: key, time: 1_700_000_000_000 + key })
    const messages = task
      .takeOutgoing()
      .flatMap((records) => Array.from(records, ({ key: id, value }) => ({ key: id, value })))
    await producer.send({ topic: changelog, messages })
  }
  await producer.disconnect()
}

interface KeptIn {
  stateDir: string
  stateStore: StateStore
}

/** What a process that runs the topology keeps on its machine. */
export const keptIn = (where: KeptIn, kafka: Kafka, topicPrefix: string, log: Logger) =>
  new StateDirectory({ ...where, kafka, group: 'bench', topicPrefix, log })

/** Has the changelog's task leave a snapshot, slice by slice, as commits would. */
async function takeSnapshot(kafka: Kafka, topicPrefix: string, stateDir: string, log: Logger): Promise<void> {
  const stateDirectory = keptIn({ stateDir, stateStore: 'memory' }, kafka, topicPrefix, log)
  const task = restoredTask()
  await restoreTasks([task], { kafka, topicPrefix, stateDirectory, onProgress: () => undefined, log })
  for (let slice = 0; slice <= KEYS / KEYS_A_SLICE; slice += 1)
    await stateDirectory.committed(task, [], new Map())
  await stateDirectory.close()
}

const inSeconds = (values: number[]) => median(values).toFixed(2)

function row(name: string, runs: Measured[]): Record<string, string> {
  return {
    benchmark: name,
    keys: (runs[0]?.rows ?? 0).toLocaleString('en'),
    seconds: inSeconds(runs.map(({ wallSeconds }) => wallSeconds)),
    'CPU-seconds': inSeconds(runs.map(({ cpuSeconds }) => cpuSeconds)),
  }
}

/** How long a task takes to have its state again, by what it has it from. */
export async function benchRestoredState(place: BenchPlace): Promise<void> {
  const own = { ...place, topicPrefix: `${place.topicPrefix}restore-` }
  const log = pino({ level: 'error' })
  const kafka = connectKafka({ clientId: 'bench', brokers: own.kafkaBrokers.split(','), tls: false, log })
  console.log(`writing the changelog of ${KEYS.toLocaleString('en')} keys, then measuring`)
  await fillChangelog(kafka, own.topicPrefix, KEYS)
  const stateDir = await mkdtemp(join(tmpdir(), 'continuo-bench-state-'))
  try {
    await takeSnapshot(kafka, own.topicPrefix, stateDir, log)
    const [changelog, snapshot, made, found]: [Measured[], Measured[], Measured[], Measured[]] = [
      [],
      [],
      [],
      [],
    ]
    for (let round = 1; round <= ROUNDS; round += 1) {
      changelog.push(await runWorker('restore', envOf(own)))
      snapshot.push(await runWorker('restore', { ...envOf(own), STATE_DIR: stateDir }))
      const onDisk = { ...envOf(own), STATE_DIR: join(stateDir, `disk-${round}`), STATE_STORE: 'disk' }
      made.push(await runWorker('restore', onDisk))
      found.push(await runWorker('restore', onDisk))
    }
    console.table([
      row('restored from the changelog', changelog),
      row('restored from a snapshot on this machine', snapshot),
      row('put on disk from the changelog, to be used there', made),
      row('found on disk, to be used there', found),
    ])
  } finally {
    await rm(stateDir, { recursive: true, force: true })
  }
}
