import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import { ByteWriter } from '../schemas/byte-writer.ts'
import { Codec } from '../schemas/codec.ts'
import { type Play, playV1, playV3 } from '../schemas/events.ts'
import { pseudonyms } from '../schemas/pseudonym.ts'
import { topic } from '../schemas/topic.ts'
import { topics } from '../schemas/topics.ts'
import { registryInMemory } from '../pipelines/engine/testing/registry-in-memory.ts'
import { withCpuSeconds } from '../pipelines/model/cpu-seconds.ts'
import { stripPlay } from '../pipelines/steps/strip-play.ts'
import { validatePlay } from '../pipelines/steps/validate-play.ts'
import { rawPlays } from './plays.ts'

const PLAYS = 50_000
const ROUNDS = 20
/** The package's own decode makes what it reads by anew each time. */
const ROUNDS_OF_PACKAGE = 1

/** Of plays, without any service: decoding one version as another, encoding, and the door from bytes to bytes; by CPU-second. */
export async function benchCodec(): Promise<void> {
  const codec = new Codec(registryInMemory())
  const asV1 = topic('plays-v1', playV1 as typeof playV3, 'user')
  for (const each of [asV1, topics.plays, topics.playsClean]) await codec.register(each)
  const plays = rawPlays(PLAYS)
  const bytes = plays.map((play) => codec.encode(asV1, play))
  const newest = plays.map((play) => codec.encode(topics.plays, play))
  const door = doorBy(codec)
  const out = new ByteWriter()
  const ofPackage = await decodeOfPackage()
  const rates = [
    ['decode play v1 as v3', await rate(bytes, ROUNDS, (each) => codec.decode(topics.plays, each))],
    [
      'the same by @kafkajs/confluent-schema-registry',
      await rate(bytes.slice(0, 10_000), ROUNDS_OF_PACKAGE, ofPackage),
    ],
    [
      'encode play v3',
      await rate(plays, ROUNDS, (play) => {
        codec.write(topics.plays, play, out)
        out.truncate(0)
      }),
    ],
    ['anonymise, bytes to bytes: v1', await rate(bytes, ROUNDS, door)],
    ['… v3, with session, context and time zone', await rate(newest, ROUNDS, door)],
  ] as const
  console.table(
    rates.map(([what, events]) => ({ what, 'events / CPU-second': Math.round(events).toLocaleString('en') })),
  )
}

/** What `anonymise` does of a play between Kafka and Kafka. */
function doorBy(codec: Codec): (bytes: Buffer) => Buffer {
  const strip = stripPlay(pseudonyms([Buffer.alloc(32, 1)]))
  const about = { now: Date.UTC(2026, 0, 2) }
  return (bytes) => {
    const valid = validatePlay(codec.decode<Play>(topics.plays, bytes), about)
    if (valid.kind !== 'ok') throw new Error('a play of the benchmark is not valid')
    const clean = strip(valid.value, about)
    if (clean.kind !== 'ok') throw new Error('a play of the benchmark is not clean')
    return codec.encode(topics.playsClean, clean.value)
  }
}

/** The package's decode with a reader's schema, which it asks a registry for once. */
async function decodeOfPackage() {
  const server = createServer((_, response) => {
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ schema: playV1.text }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  const client = new SchemaRegistry({ host: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  const readerSchema = JSON.parse(playV3.text) as never
  return (bytes: Buffer): Promise<unknown> => client.decode(bytes, { [SchemaType.AVRO]: { readerSchema } })
}

async function rate<T>(of: readonly T[], rounds: number, work: (each: T) => unknown): Promise<number> {
  const through = async () => {
    for (const each of of) {
      const done = work(each)
      if (done instanceof Promise) await done
    }
  }
  await through()
  const { cpuSeconds } = await withCpuSeconds(async () => {
    for (let round = 0; round < rounds; round++) await through()
  })
  return (of.length * rounds) / cpuSeconds
}
