import { openRing, pendingIn, settled, withPendingEpoch } from '../key-ring.ts'
import { type Config, ConfigError } from '../../config.ts'
import type { JsonTopicPlace } from '../../json-topic.ts'
import { epochInKafka, epochMessage } from '../epoch-in-kafka.ts'
import { type Ring, readRing, replaceRing } from '../ring-file.ts'
import { wrapperCalled } from '../rotate.ts'
import { wrappersOf } from '../wrappers.ts'
import { RekeyError } from './errors.ts'

interface Around extends JsonTopicPlace {
  config: Config
  file: string
  /** That is brought in. */
  epoch: number
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

/** Makes the epoch pending. */
export async function makePending({ config, file }: Around, to: string | undefined): Promise<void> {
  const ring = readRing(file)
  const next = await withPendingEpoch(ring, wrapperCalled(to, config))
  await openRing(next, wrappersOf(config))
  replaceRing(file, ring, next)
}

/** Has all end that make pseudonyms of before, wherever they run. */
export const tellAll = (around: Around): Promise<void> =>
  epochInKafka.write(around, [epochMessage(around.epoch)])

/** Takes back an epoch into which nothing has been brought. */
export async function takeBack(around: Around): Promise<void> {
  const ring = pendingRing(around)
  await epochInKafka.write(around, [epochMessage(around.epoch - 1)])
  replaceRing(around.file, ring, { epochs: ring.epochs.slice(0, -1) })
}

/** The ring in which the epoch is pending. @throws RekeyError if it is not: by another key names would be mapped that nobody has */
export function pendingRing({ file, epoch }: Around): Ring {
  const ring = readRing(file)
  if (pendingIn(ring)?.epoch === epoch) return ring
  throw new RekeyError(`epoch ${epoch} is pending no more in ${file}: somebody has changed it; restore it`)
}

/** Puts the epoch in use by whose key all has been mapped. @throws ConfigError if the ring is another than then */
export const settle = ({ file }: Around, ring: Ring): void => replaceRing(file, ring, settled(ring))
