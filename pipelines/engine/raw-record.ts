import type { IHeaders } from 'kafkajs'

export interface TopicPartition {
  topic: string
  partition: number
}

/** A record as it lies in Kafka. */
export interface RawRecord extends TopicPartition {
  offset: bigint
  /** Milliseconds since 1970: when the producer made it, or when the broker appended it, as the topic is set up. */
  timestamp: number
  key: Buffer | null
  /** The key as text, if that is to be had without making a buffer of it. */
  keyText?: string | null
  value: Buffer | null
  /** The id of the value's schema, if that is to be had without making a buffer of the value. */
  schemaId?: number | undefined
  headers: IHeaders
  /** The first value of a header, if that is to be had without making all of them. */
  header?(name: string): Buffer | null | undefined
  /** What key, value and headers take, if that is known without making them. */
  bytes?: number
  /** Of one that is replayed: how often it has been set aside before. */
  refusals?: number
}

/** The key of a record as text; without one, ''. */
export function keyOf(record: Pick<RawRecord, 'key' | 'keyText'>): string {
  const { keyText = record.key?.toString() } = record
  return keyText ?? ''
}

/** A map key for a partition. */
export const partitionKey = ({ topic, partition }: TopicPartition) => `${topic}:${partition}`

/** The partition of a {@link partitionKey}. */
export function partitionOf(key: string): TopicPartition {
  const colon = key.lastIndexOf(':')
  return { topic: key.slice(0, colon), partition: Number(key.slice(colon + 1)) }
}

/** Headers in their order by their names, of which one may come again. */
export function headersByName(headers: readonly (readonly [name: string, value: Buffer | null])[]): IHeaders {
  const byName = new Map<string, (Buffer | null)[]>()
  for (const [name, value] of headers) {
    const values = byName.get(name)
    if (values === undefined) byName.set(name, [value])
    else values.push(value)
  }
  // Kafka's headers may be null, whatever kafkajs's types say.
  const all = [...byName].map(([name, values]) => [name, values.length === 1 ? values[0] : values] as const)
  return Object.fromEntries(all) as IHeaders
}

/** One value of a header as text, or null. Kafka's headers may be null, whatever kafkajs's types say. */
export function headerText(headers: IHeaders, name: string): string | null {
  return [headers[name]].flat()[0]?.toString() ?? null
}
