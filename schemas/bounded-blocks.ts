import avro from 'avsc'

/** The parts of avsc that its public interface does not show; its version is pinned. */
interface Tap {
  readonly buf: Buffer
  pos: number
  readLong(): number
  readString(): string
  skipString(): void
}

interface Item {
  _read(tap: Tap): unknown
  _skip(tap: Tap): void
}

interface Blocks extends Item {
  readonly itemsType: Item
  readonly valuesType: Item
}

/**
 * How many items the next block says that it has; 0 is the end. A number that the bytes left cannot hold ends the value beyond its
 * bytes, by which avsc knows that it is malformed: else 11 bytes would have it make an array of a hundred million items, or skip for ever.
 */
function blockSize(tap: Tap): number {
  const count = tap.readLong()
  const size = count < 0 ? tap.readLong() : 0
  const left = tap.buf.length - tap.pos
  if (size >= 0 && Math.abs(count) <= left) return Math.abs(count)
  tap.pos = tap.buf.length + 1
  return 0
}

function prototypeOf(type: unknown): Blocks {
  return (type as { prototype: Blocks }).prototype
}

/** Has avsc read arrays and maps of what a stranger wrote by no more than the bytes that there are. */
export function installBoundedBlocks(): void {
  const [array, map] = [prototypeOf(avro.types.ArrayType), prototypeOf(avro.types.MapType)]
  array._read = function readItems(tap) {
    const items: unknown[] = []
    for (let left = blockSize(tap); left > 0; left = blockSize(tap))
      for (; left > 0; left--) items.push(this.itemsType._read(tap))
    return items
  }
  array._skip = function skipItems(tap) {
    for (let left = blockSize(tap); left > 0; left = blockSize(tap))
      for (; left > 0; left--) this.itemsType._skip(tap)
  }
  map._read = function readEntries(tap) {
    const entries: [string, unknown][] = []
    for (let left = blockSize(tap); left > 0; left = blockSize(tap))
      for (; left > 0; left--) {
        const key = tap.readString()
        entries.push([key, this.valuesType._read(tap)])
      }
    return Object.fromEntries(entries)
  }
  map._skip = function skipEntries(tap) {
    for (let left = blockSize(tap); left > 0; left = blockSize(tap))
      for (; left > 0; left--) {
        tap.skipString()
        this.valuesType._skip(tap)
      }
  }
}
