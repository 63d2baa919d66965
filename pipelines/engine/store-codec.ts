import type avro from 'avsc'
import { ByteWriter } from '../../schemas/byte-writer.ts'
import { ByteReader } from '../../schemas/avro/byte-reader.ts'
import { singleObjectHead } from '../../schemas/avro/canonical.ts'
import { type Read, compileReader } from '../../schemas/avro/compile-reader.ts'
import { type Write, compileWriter } from '../../schemas/avro/compile-writer.ts'
import { parseSchema } from '../../schemas/avro/parse.ts'
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
 * State as Avro binary of `schema`. Of a schema that has changed say those before it, the first one first: what they wrote is read as the
 * schema is now, by the rules for values in Kafka, and written so when it changes. Bytes of the first version are bare, those of later ones
 * say which wrote them (Avro's single object encoding). Another length is refused when it is read; where nothing is said before a change, fields of one
 * type that change places are not noticed.
 */
export function avroState<V>(schema: avro.Schema, earlier: readonly avro.Schema[] = []): StoreCodec<V> {
  const versions = [...earlier, schema].map(stateVersion)
  const { type, write, head } = versions.at(-1)!
  const name = `state ${type.name ?? type.typeName}`
  const reads = versions.map((version) => compileReader(version.type, type))
  const own = versions.length > 1 ? head : Buffer.alloc(0)
  const from = new ByteReader()

  function writeValue(value: V, out: ByteWriter): void {
    const before = out.length
    out.bytes(own)
    try {
      write(value, out)
    } catch (error) {
      out.truncate(before)
      throw new TypeError(`${name}: ${(error as Error).message}`)
    }
  }

  function readAs(read: Read, bytes: Buffer, at: number): V {
    from.begin(bytes, at)
    const value = read(from)
    if (!from.isAtEnd) throw new RangeError(`${name} is longer than it should be`)
    return value as V
  }

  return {
    encode(value) {
      writeValue(value, scratch)
      // A copy of its own, for it may be kept when its neighbours are not.
      const bytes = Buffer.from(scratch.written)
      scratch.truncate(0)
      return bytes
    },
    write: writeValue,
    decode(bytes) {
      const version = versions.findIndex(
        ({ head }, at) => at > 0 && bytes.subarray(0, HEAD_BYTES).equals(head),
      )
      try {
        return version > 0 ? readAs(reads[version]!, bytes, HEAD_BYTES) : readAs(reads[0]!, bytes, 0)
      } catch (cause) {
        throw new TopologyError(
          `${name} was written in another shape: say to avroState() which schemas there were before, give the store ` +
            'a codec that reads both, or the topology another name, under which it begins anew',
          { cause },
        )
      }
    },
  }
}

const scratch = new ByteWriter()
const HEAD_BYTES = 10

interface StateVersion {
  type: avro.Type
  write: Write
  /** What comes before a value, so that it is known who wrote it. */
  head: Buffer
}

function stateVersion(schema: avro.Schema): StateVersion {
  const type = parseSchema(schema)
  return { type, write: compileWriter(type), head: singleObjectHead(type) }
}

/** State as Avro binary of what a topic holds, be it of an earlier version. */
export const topicState = <V>({ value }: Topic<V>): StoreCodec<V> => avroState<V>(value.type, value.earlier)
