import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Argument, Command } from 'commander'
import type { Admin, Consumer, Kafka, KafkaMessage } from 'kafkajs'
import { markerIn } from '../pipelines/engine/stamp.ts'
import { Codec, DecodeError } from '../schemas/codec.ts'
import { connectRegistry } from '../schemas/registry.ts'
import type { Topic } from '../schemas/topic.ts'
import { cleanTopics, topics } from '../schemas/topics.ts'
import { asJson, isoTime } from './as-json.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './config.ts'
import { connectKafka } from './kafka.ts'
import { whole } from './options.ts'
import { requireServices } from './reachable.ts'
import { onStopSignals } from './signals.ts'

interface Flags {
  fromBeginning: boolean
  key?: string
  count?: number
  raw: boolean
}

const known = new Map<string, Topic<unknown>>(Object.values(topics).map((topic) => [topic.name, topic]))

/** `continuo show TOPIC`: needs no keys, writes nothing, and leaves no consumer group behind. */
export function showCommand(): Command {
  return new Command('show')
    .addArgument(new Argument('<topic>', 'which, without TOPIC_PREFIX').choices([...known.keys()]))
    .option('--from-beginning', 'what is in the topic already as well', false)
    .option('--key <key>', 'only records with this key; behind the raw topics a listener is a pseudonym')
    .option('--count <n>', 'end after so many records; without it Ctrl-C ends', whole())
    .option('--raw', `${[...cleanTopics.keys()].join(', ')} name people: show them all the same`, false)
    .addHelpText(
      'after',
      '\nA line is {"offset","partition","timestamp","key","value"}: timestamp in ISO 8601, bytes in base64, a tombstone as null;' +
        '\na value that does not decode has "undecodable", its reason, instead, and' +
        '\nwhat tasks tell each other of stream time "watermark", "upstream" and "idle". Records of one partition are in order.',
    )
    .action(show)
}

async function show(name: string, flags: Flags, command: Command): Promise<void> {
  const topic = known.get(name)!
  const clean = cleanTopics.get(name)
  if (clean !== undefined && !flags.raw)
    command.error(
      `error: ${name} holds raw user ids, and what else there is of people, which belongs on no screen and in no log: look at ` +
        `${clean.name}, or add --raw if you must`,
    )
  const config = loadConfig()
  await requireServices(config, ['kafka', 'schemaRegistry'])
  const log = commandLog('show', config)
  const kafka = connectKafka(config, 'continuo-show', log)
  const codec = new Codec(connectRegistry(config.SCHEMA_REGISTRY_URL, log), config.TOPIC_PREFIX)
  const inKafka = config.TOPIC_PREFIX + name
  const admin = kafka.admin()
  await admin.connect()
  try {
    if (!(await admin.listTopics()).includes(inKafka))
      command.error(`error: Kafka has no topic ${inKafka}: run \`continuo migrate\`, or check TOPIC_PREFIX`)
    await follow(
      { kafka, admin, topic: inKafka, group: `${config.APPLICATION_ID}.show`, ...flags },
      (found) => linesOf(codec, topic, found),
    )
  } finally {
    await admin.disconnect()
  }
}

interface Found {
  partition: number
  message: KafkaMessage
}

interface Reading extends Flags {
  kafka: Kafka
  admin: Admin
  /** As Kafka knows it. */
  topic: string
  /** What the name of the throw-away consumer group begins with. */
  group: string
}

/** Prints a topic's committed records until there were `count`, a signal comes, or nobody reads the output any more. */
async function follow(reading: Reading, lines: (found: Found[]) => Promise<string[]>): Promise<void> {
  const { kafka, admin, topic } = reading
  const groupId = `${reading.group}.${randomUUID()}`
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
  const ended = Promise.withResolvers<undefined>()
  const end = () => ended.resolve(undefined)
  onStopSignals(['SIGINT', 'SIGTERM'], end, () => process.exit(130))
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    error.code === 'EPIPE' ? end() : ended.reject(error),
  )
  try {
    const positions = await seekOnJoin(consumer, reading)
    consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || ended.reject(payload.error))
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    let left = reading.count ?? Infinity
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages } }) => {
        const from = positions.get(partition) ?? 0n
        const found = messages
          .filter(({ offset, key }) => BigInt(offset) >= from && isWanted(key, reading.key))
          .slice(0, left)
          .map((message) => ({ partition, message }))
        left -= found.length
        const printed = await lines(found).catch(ended.reject)
        for (const line of printed ?? []) if (!process.stdout.write(line)) await drained(end)
        positions.set(partition, BigInt(messages.at(-1)?.offset ?? from - 1n) + 1n)
        if (left === 0) end()
      },
    })
    await ended.promise
  } finally {
    await consumer.disconnect()
    // The broker removes an empty group in time; this only spares the list of groups until then.
    await admin.deleteGroups([groupId]).catch(() => undefined)
  }
}

/** Each join, the first and every later one, begins where it stands in the map returned: by partition, the next offset. */
async function seekOnJoin(
  consumer: Consumer,
  { admin, topic, fromBeginning }: Reading,
): Promise<Map<number, bigint>> {
  const offsets = await admin.fetchTopicOffsets(topic)
  const positions = new Map(
    offsets.map(({ partition, low, high }) => [partition, BigInt(fromBeginning ? low : high)]),
  )
  let told = false
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const [partition, offset] of positions) consumer.seek({ topic, partition, offset: String(offset) })
    if (!told) console.error(`${topic}, ${fromBeginning ? 'from the beginning' : 'from now on'}; Ctrl-C ends`)
    told = true
  })
  return positions
}

const isWanted = (key: Buffer | null, wanted?: string) => wanted === undefined || key?.toString() === wanted

/** Waits until a slow reader of the output has taken what there is; one that has gone ends it all. */
const drained = (gone: () => void) => once(process.stdout, 'drain').then(() => undefined, gone)

async function linesOf(codec: Codec, topic: Topic<unknown>, found: Found[]): Promise<string[]> {
  await codec.load(found.map(({ message }) => message.value))
  return found.map(({ partition, message }) => {
    const line = {
      offset: BigInt(message.offset),
      partition,
      timestamp: isoTime(Number(message.timestamp)),
      key: message.key?.toString() ?? null,
      ...(markerOf(message) ?? valueOf(codec, topic, message.value)),
    }
    return `${JSON.stringify(line, asJson)}\n`
  })
}

/** By this tasks tell those behind a repartition topic how far they have come. */
function markerOf({ headers = {} }: KafkaMessage) {
  const marker = markerIn({ headers })
  return marker && { ...marker, watermark: isoTime(marker.watermark) }
}

/** The bytes of what does not decode may hold anything: its reason alone is told. */
function valueOf(codec: Codec, topic: Topic<unknown>, bytes: Buffer | null) {
  try {
    return { value: bytes && codec.decode(topic, bytes) }
  } catch (error) {
    if (error instanceof DecodeError) return { undecodable: error.reason }
    throw error
  }
}
