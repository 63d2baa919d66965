import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { map } from 'rxjs'
import {
  type Row,
  type Topic,
  type Topology,
  avroSchema,
  avroState,
  joinTable,
  mapAsync,
  ok,
  toTable,
  topic,
  topology,
  write,
} from '../../../../pipelines/engine/index.ts'
import { RECORD_BYTES } from '../../../../pipelines/engine/kafka/inbox.ts'
import { groupOf } from '../../../../pipelines/engine/kafka/run-topology.ts'
import { until } from '../../../kit/until.ts'
import { KafkaRoom } from '../../kafka-room.ts'
import { WatchedFetches } from '../../watched-fetches.ts'

const PARTITIONS = 2
const MB = 1024 * 1024
/** What the engine lets wait before it fetches no more. */
const WAITING = 16 * MB
/** Of one partition a fetch brings no more. */
const FETCHED = MB
const ROW_BYTES = 20_000
const ROWS_A_SEND = 25
const KEYS = Array.from({ length: 10 }, (_, index) => `k${index}`)

interface Large {
  id: number
  at: number
  filling: Buffer
}

interface Line {
  text: string
}

const largeV1 = avroSchema<Large>('large.v1', {
  type: 'record',
  name: 'Large',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'at', type: 'long' },
    { name: 'filling', type: 'bytes' },
  ],
})
const lineV1 = avroSchema<Line>('line.v1', {
  type: 'record',
  name: 'Line',
  fields: [{ name: 'text', type: 'string' }],
})

const asked = topic('large-asked', largeV1, 'user')
const answers = topic('large-answers', lineV1, 'user')
const stream = topic('large-stream', largeV1, 'user')
const table = topic('large-table', largeV1, 'user')
const joined = topic('large-joined', lineV1, 'user')

const filling = Buffer.alloc(ROW_BYTES)
const time = ({ at }: Large) => at

let room: KafkaRoom
before(async () => {
  room = await KafkaRoom.make({ partitions: PARTITIONS })
  await room.add([asked, answers, stream, table, joined], () => PARTITIONS)
})
after(() => room.remove())

/** Sends rows `first` to before `end`: one by one to the next key and partition, at the time that is its number. */
async function send(to: Topic<Large>, [first, end]: readonly [number, number]): Promise<void> {
  for (let start = first; start < end; start += ROWS_A_SEND) {
    const ids = Array.from({ length: ROWS_A_SEND }, (_, index) => start + index)
    const messages = ids.map((id) => ({
      key: KEYS[id % KEYS.length]!,
      partition: id % PARTITIONS,
      value: room.codec.encode(to, { id, at: id, filling }),
    }))
    await room.sendBytes(to, messages)
  }
}

/** Runs a topology, and keeps how much of what it has been given by Kafka waits for its turn. */
class Waiting {
  /** Rows that have had their turn. */
  taken = 0
  mostBytes = 0
  readonly fetches: WatchedFetches
  readonly #inputs: Topic<unknown>[]

  constructor({ name }: Topology, inputs: Topic<unknown>[]) {
    this.#inputs = inputs
    this.fetches = new WatchedFetches(room.kafka, groupOf(room.address.applicationId, name), () => {
      this.mostBytes = Math.max(this.mostBytes, this.bytes)
    })
  }

  get bytes(): number {
    const fetched = this.#inputs.reduce((sum, input) => sum + this.fetches.of(room.nameOf(input)), 0)
    return (fetched - this.taken) * (ROW_BYTES + RECORD_BYTES)
  }
}

/** What has been written under each key, in order, when `count` values have been. */
async function written(to: Topic<Line>, count: number): Promise<Map<string, string[]>> {
  const records = await until(
    async () => {
      const found = await room.records(to)
      return found.length >= count && found
    },
    { what: `${count} rows in ${to.name}`, within: 120_000, every: 250 },
  )
  await room.codec.load(records.map(({ value }) => value))
  const lines = records.map(({ key, value }) => ({
    key: String(key),
    text: room.codec.decode<Line>(to, value).text,
  }))
  const byKey = Map.groupBy(lines, ({ key }) => key)
  return new Map([...byKey].map(([key, ofKey]) => [key, ofKey.map(({ text }) => text)]))
}

/** The same as it has to be. */
const expected = (rows: number, textOf: (id: number) => string) =>
  new Map(
    KEYS.map((key, index) => [
      key,
      Array.from({ length: rows / KEYS.length }, (_, turn) => textOf(index + turn * KEYS.length)),
    ]),
  )

const sorted = (map: Map<string, string[]>) => [...map].sort(([one], [two]) => (one < two ? -1 : 1))

test('behind work that takes its time no more is fetched than 16 MB, the group keeps the member, and all comes in order', async () => {
  const ROWS = 2_000
  await send(asked, [0, ROWS])
  const open = Promise.withResolvers<undefined>()
  const answering = topology('answering', ({ read }) =>
    read(asked, { time }).pipe(
      map((row: Row<Large, 'user'>) => {
        waiting.taken += 1
        return row
      }),
      mapAsync(
        async function answer({ id }) {
          await open.promise
          return ok({ text: `answer ${id}` })
        },
        { concurrency: 8 },
      ),
      write(answers),
    ),
  )
  const waiting = new Waiting(answering, [asked])
  const running = await room.run(answering)

  await until(() => waiting.bytes >= WAITING, { what: '16 MB to be fetched', within: 60_000 })
  // Beats are a second apart, a session is 6 s: without them the group would have given its partitions away.
  const beats = waiting.fetches.heartbeats
  await until(() => waiting.fetches.heartbeats >= beats + 7, { what: '7 heartbeats', within: 60_000 })
  assert.ok(waiting.bytes < WAITING + FETCHED, `${waiting.bytes} bytes wait`)
  open.resolve(undefined)

  assert.deepEqual(sorted(await written(answers, ROWS)), sorted(expected(ROWS, (id) => `answer ${id}`)))
  assert.ok(waiting.mostBytes < WAITING + FETCHED, `${waiting.mostBytes} bytes have waited`)
  await running.stop()
})

/*
 *     time      0 .. 400 ......... 2,200 ......... 4,000
 *     stream    8 MB               36 MB
 *     table          36 MB
 */
test('a stream and a table, each far ahead of the other in turn, meet in the order of time, and little of them waits', async () => {
  const [BEFORE, TABLE, AFTER] = [400, 2_200, 4_000]
  await send(table, [BEFORE, TABLE])
  await send(stream, [0, BEFORE])
  await send(stream, [TABLE, AFTER])
  const counted = () =>
    map((row: Row<Large, 'user'>) => {
      waiting.taken += 1
      return { ...row, value: { text: String(row.value.id) } }
    })
  const joining = topology('joining', ({ read }) =>
    read(stream, { time }).pipe(
      counted(),
      joinTable(toTable(read(table, { time }).pipe(counted()), { codec: avroState<Line>(lineV1.type) }), {
        kind: 'left',
        join: ({ text }, partner) => ({ text: `${text} meets ${partner?.text ?? 'nobody'}` }),
      }),
      write(joined),
    ),
  )
  const waiting = new Waiting(joining, [stream, table])
  const running = await room.run(joining)

  const rows = AFTER - TABLE + BEFORE
  const last = (id: number) => TABLE - KEYS.length + (id % KEYS.length)
  const textOf = (id: number) =>
    id < BEFORE ? `${id} meets nobody` : `${id - BEFORE + TABLE} meets ${last(id)}`
  assert.deepEqual(sorted(await written(joined, rows)), sorted(expected(rows, textOf)))
  assert.equal(waiting.taken, AFTER)
  // What a fetch has brought is taken in, then no more of that partition.
  const most = WAITING + 2 * PARTITIONS * FETCHED
  assert.ok(waiting.mostBytes < most, `${waiting.mostBytes} bytes have waited`)
  assert.ok(waiting.mostBytes > WAITING, `${waiting.mostBytes} bytes: the test shows nothing of a bound`)
  await running.stop()
})
