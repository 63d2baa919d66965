import avro from 'avsc'
import type { ByteWriter } from '../../schemas/byte-writer.ts'
import { misfit } from '../../schemas/codec.ts'
import type { Topic } from '../../schemas/topic.ts'
import { TopologyError } from './errors.ts'

/** How a store's values become bytes for the changelog, and back. */
export interface StoreCodec<V> {
  encode(value: V): Buffer
  decode(bytes: Buffer): V
  /** Writes what {@link encode} would give, without a buffer of its own. Default: by `encode`. */
  write?(value: V, out: ByteWriter): void
}

export function writeState<V>(codec: StoreCodec<V>, value: V, out: ByteWriter): void {
  if (codec.write === undefined) out.bytes(codec.encode(value))
  else codec.write(value, out)
}

/**
 * State as Avro binary of `schema`, which stays as it is: bytes do not say which version wrote them. Another length is refused when
 * they are read; fields of one type that change places are not noticed.
 */
export function avroState<V>(schema: avro.Schema): StoreCodec<V> {
  const type = avro.Type.forSchema(schema)
  const name = `state ${type.name ?? type.typeName}`
  return {
    encode(value) {
      try {
        return type.toBuffer(value)
      } catch {
        throw new TypeError(`${name}: ${misfit(type, value)}`)
      }
    },
    write(value, out) {
      try {
        out.avro(type, value)
      } catch {
        throw new TypeError(`${name}: ${misfit(type, value)}`)
      }
    },
    decode(bytes) {
      try {
        return type.fromBuffer(bytes) as V
      } catch (cause) {
        throw new TopologyError(
          `${name} was written in another shape: give the store a codec that reads both, or the ` +
            'topology another name, under which it begins anew',
          { cause },
        )
      }
    },
  }
}

/** State as Avro binary of what a topic holds. */
export const topicState = <V>(topic: Topic<V>): StoreCodec<V> => avroState<V>(topic.value.type)
