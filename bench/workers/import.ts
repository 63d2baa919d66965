import { readFile } from 'node:fs/promises'
import { Partitioners } from 'kafkajs'
import pino from 'pino'
import { connectKafka } from '../../pipelines/engine/index.ts'
import { partitionReader } from '../../pipelines/engine/kafka/partition-reader.ts'
import { recordBatches } from '../../pipelines/engine/kafka/record-batches.ts'
import { Codec } from '../../schemas/codec.ts'
import { pseudonyms } from '../../schemas/pseudonym.ts'
import { connectRegistry } from '../../schemas/registry.ts'
import { topics } from '../../schemas/topics.ts'
import { importHistory, spotify, tryImport } from '../../sources/import/index.ts'
import { parseSpotifyRecord } from '../../sources/import/formats/spotify.ts'
import { playOf } from '../../sources/import/plays.ts'
import { placeFromEnv } from '../kafka.ts'
import { measure } from '../measured.ts'

/** An import of one file; or the floor, which parses it in one go and sends what is in it, with no id, ledger or transaction. */
const { BENCH_WORKLOAD: workload, BENCH_FILE: file = '', BENCH_RUN: run } = process.env
const { kafkaBrokers, schemaRegistryUrl, topicPrefix } = placeFromEnv()
const log = pino({ level: 'error' })
const history = { format: spotify, paths: [file], listenerOf: () => `listener ${run}` }
const AT_A_TIME = 500

await measure(async () => {
  if (workload === 'dry-run') return { rows: (await tryImport(history)).read }
  const kafka = connectKafka({ clientId: 'bench', brokers: kafkaBrokers.split(','), tls: false, log })
  const codec = new Codec(connectRegistry(schemaRegistryUrl, log), topicPrefix)
  if (workload === 'import') {
    const report = await importHistory({
      ...history,
      kafka,
      codec,
      topicPrefix,
      applicationId: 'bench',
      settleWithinMs: false,
      pseudonyms: pseudonyms([Buffer.alloc(32, 1)]),
      recordBatches: () => recordBatches(kafka, topicPrefix),
      reader: partitionReader(kafka),
    })
    if (report.sent !== report.read) throw new Error(`${report.sent} of ${report.read} plays were sent`)
    return { rows: report.sent }
  }
  await codec.register(topics.plays)
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const rows = JSON.parse(await readFile(file, 'utf8')) as unknown[]
  const origin = { eventId: 'f'.repeat(32), userId: 'floor', source: 'import:floor' }
  for (let at = 0; at < rows.length; at += AT_A_TIME) {
    const messages = rows.slice(at, at + AT_A_TIME).flatMap((row) => {
      const listen = parseSpotifyRecord(row, Date.now())
      return typeof listen === 'string'
        ? []
        : [{ key: 'floor', value: codec.encode(topics.plays, playOf(listen, origin)) }]
    })
    await producer.send({ topic: topicPrefix + topics.plays.name, messages })
  }
  await producer.disconnect()
  return { rows: rows.length }
})
