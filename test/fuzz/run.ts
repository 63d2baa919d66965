import { fuzz } from '../sources/import/fuzz/fuzz.ts'
import { fuzzCodec } from '../schemas/avro/fuzz-codec.ts'

/**
 * `npm run fuzz [-- INPUTS] [SEED]`: so many random and damaged inputs into the parsers of the import, and messages into the codec, a million unless said
 * otherwise. It fails on anything thrown that is no error of a file or a message, on what is unaccounted for, on an input that takes seconds, and on
 * memory that grows.
 */
const [inputs = 1_000_000, seed = Date.now() % 1_000_000] = process.argv.slice(2, 4).map(Number)
const MAY_GROW_MB = 20
const AT_ONCE = Math.ceil(inputs / 10)
const { gc } = globalThis
if (gc === undefined) throw new Error('run it with --expose-gc, as `npm run fuzz` does')

/** Of the heap and of buffers, after a collection. */
function heldMb(collect: () => void): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

/** Looks at the memory that is held now and again, and whether it has grown in the end. */
function memory(of: string) {
  const held: number[] = []
  return {
    look(done: number): void {
      held.push(heldMb(() => gc!()))
      console.log(`${of}: ${done}, ${held.at(-1)!.toFixed(1)} MB held`)
    },
    end(): void {
      const grown = (held.at(-1) ?? 0) - (held[0] ?? 0)
      console.log(`${of}: memory has grown by ${grown.toFixed(1)} MB from the first tenth to the last`)
      if (grown > MAY_GROW_MB) process.exitCode = 1
    },
  }
}

console.log(`${inputs} of each, seed ${seed}`)
const messages = memory('messages')
for (let done = 0; done < inputs; done += AT_ONCE) {
  const count = Math.min(AT_ONCE, inputs - done)
  const account = await fuzzCodec(count, seed + done)
  const accounted = Object.values(account).reduce((sum, each) => sum + each, 0)
  if (accounted !== count) throw new Error(`${count - accounted} of ${count} messages are unaccounted for`)
  messages.look(done + count)
}
messages.end()
const files = memory('files')
const fuzzed = await fuzz(inputs, String(seed), ({ inputs: done }) => {
  if (done % AT_ONCE === 0) files.look(done)
})
console.log(JSON.stringify(fuzzed))
files.end()
