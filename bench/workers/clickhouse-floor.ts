import { connectClickhouse } from '../../sinks/clickhouse/client.ts'
import { insertChunk } from '../../sinks/clickhouse/insert.ts'
import { readingBatches } from '../../pipelines/engine/kafka/fetch-batches.ts'
import { fetchedIn } from '../../pipelines/engine/kafka/fetched.ts'
import { binaryPlays } from '../json-plays.ts'
import { openPlace, placeFromEnv } from '../kafka.ts'
import { measure } from '../measured.ts'
import { playMaker } from '../plays.ts'
import { inputs } from '../topics.ts'

/** The floor of the sink: plays are read and not decoded, and for each as many rows are inserted that were made before. */
const place = placeFromEnv()
const plays = Number(process.env['BENCH_ROWS'])
const { CLICKHOUSE_URL: url = '', CLICKHOUSE_DATABASE: database = '', BENCH_RUN: run = '' } = process.env
const client = connectClickhouse({ url, database })
const { kafka, codec } = await openPlace(place)
const consumer = kafka.consumer({ groupId: `${place.topicPrefix}floor-${run}`, maxWaitTimeInMs: 100 })

/** About what the sink inserts at once. */
const AN_INSERT = 30_000
const makePlay = playMaker()
const rows = Array.from({ length: AN_INSERT }, (_, offset) => {
  const record = {
    topic: 'floor',
    partition: 0,
    offset: BigInt(offset),
    timestamp: 0,
    key: null,
    headers: {},
  }
  const value = codec.encode(inputs.plays, makePlay(Date.UTC(2026, 0, 1)))
  return binaryPlays.row(codec, { ...record, value }, run)
})
const prepared = Buffer.concat(rows)

let inserts = 0n
const insert = (body: Buffer) =>
  insertChunk(
    client,
    binaryPlays,
    { topic: 'floor', topicId: run, partition: 0 },
    { from: inserts, end: ++inserts, last: inserts, rows: [body] },
  )

await measure(async () => {
  await consumer.connect()
  await consumer.subscribe({ topic: place.topicPrefix + inputs.plays.name, fromBeginning: true })
  const all = Promise.withResolvers<undefined>()
  let read = 0
  let inserted = 0
  await readingBatches(() =>
    consumer.run({
      autoCommit: false,
      async eachBatch({ batch }) {
        read += fetchedIn(batch).records(0n).length
        for (; read - inserted >= AN_INSERT; inserted += AN_INSERT) await insert(prepared)
        if (read < plays) return
        const rest = rows.slice(0, plays - inserted)
        if (rest.length > 0) await insert(Buffer.concat(rest))
        all.resolve(undefined)
      },
    }),
  )
  await all.promise
  return { rows: plays }
})
