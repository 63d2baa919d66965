import type { ProducerRecord } from 'kafkajs'
import { openRing, pendingIn, settled, withPendingEpoch } from '../key-ring.ts'
import { type Config, ConfigError } from '../../config.ts'
import type { JsonTopicPlace } from '../../json-topic.ts'
import { type EpochSaid, epochInKafka, epochMessage } from '../epoch-in-kafka.ts'
import { type Ring, isStill, replaceRing } from '../ring-file.ts'
import { wrapperCalled } from '../rotate.ts'
import { wrappersOf } from '../wrappers.ts'
import { RekeyError } from './errors.ts'
import type { PlanOptions } from './plan.ts'

export interface Around extends JsonTopicPlace, Pick<PlanOptions, 'applicationId' | 'epoch'> {
  config: Config
  file: string
  /** As it was read first. */
  ring: Ring
}

/** Who writes to Kafka for as long as nobody else has begun. */
interface Writer {
  write(record: ProducerRecord): Promise<void>
}

/** @throws ConfigError for a wrapping key that is missing, or is asked for when the epoch is wrapped already */
export function requireWrapper(ring: Ring, to: string | undefined, config: Config): void {
  const pending = pendingIn(ring)
  if (pending !== undefined && to !== undefined && to !== pending.wrappedBy)
    throw new ConfigError(
      `epoch ${pending.epoch} is pending, wrapped by ${pending.wrappedBy}: leave out --to, and have \`continuo privacy rotate\` wrap it by ${to} when this has ended`,
    )
  wrapperCalled(to, config)
}

/** Answers what Kafka tells. @throws RekeyError if the ring, or what Kafka tells of it, is not as it was read first: another rekey has begun or ended meanwhile */
export async function requireUnchanged(around: Around): Promise<EpochSaid | undefined> {
  const { file, ring } = around
  if (!isStill(file, ring))
    throw new RekeyError(
      `${file} has been changed: another rekey has begun or ended meanwhile; run this again, and read what it is about to do`,
    )
  return requireRingOfNow(around)
}

/** Makes the epoch pending; answers the ring. @throws RekeyError if the ring is another one by now */
export async function makePending(around: Around, to: string | undefined): Promise<Ring> {
  const { config, file, ring } = around
  const next = await withPendingEpoch(ring, wrapperCalled(to, config))
  await openRing(next, wrappersOf(config))
  await requireUnchanged(around)
  replaceRing(file, ring, next)
  return next
}

async function say(around: JsonTopicPlace, writer: Writer, said: EpochSaid): Promise<void> {
  await epochInKafka.ensure(around)
  await writer.write({ topic: epochInKafka.nameAt(around), messages: [epochMessage(said)], acks: -1 })
}

/** Has all end that run, wherever. */
export const tellAll = (around: Around, writer: Writer): Promise<void> =>
  say(around, writer, { epoch: around.epoch, pending: true })

/** From here on the epoch cannot be taken back. */
export const tellBegun = (around: Around, writer: Writer): Promise<void> =>
  say(around, writer, { epoch: around.epoch, pending: true, begun: true })

/** Takes back an epoch into which nothing has been brought. */
export async function takeBack(around: Around, ring: Ring, writer: Writer): Promise<void> {
  await say(around, writer, { epoch: around.epoch - 1 })
  replaceRing(around.file, ring, { epochs: ring.epochs.slice(0, -1) })
}

/** Puts the epoch in use by whose key all has been mapped: roles start once Kafka tells so, too. @throws ConfigError if the ring is another than then */
export async function settle(around: Around, ring: Ring, writer: Writer): Promise<void> {
  replaceRing(around.file, ring, settled(ring))
  await say(around, writer, { epoch: around.epoch })
}

/** Answers what Kafka tells. @throws RekeyError if that cannot be of this ring: by another key names would be mapped that nobody has */
export async function requireRingOfNow(around: Around): Promise<EpochSaid | undefined> {
  const { said } = await epochInKafka.read(around)
  const { ring, file } = around
  const isPending = pendingIn(ring) !== undefined
  const inUse = isPending ? ring.epochs.length - 1 : ring.epochs.length
  const isOfRing =
    said === undefined || (said.pending === true ? said.epoch === ring.epochs.length : said.epoch === inUse)
  if (isOfRing) return said
  throw new RekeyError(
    `${file} is not the key ring of now: its epoch in use is ${inUse}${isPending ? `, with ${inUse + 1} pending` : ''}, and Kafka tells of epoch ${said.epoch}` +
      `${said.pending === true ? ', pending' : ''}: run this with the file that a rekey has changed last`,
  )
}
