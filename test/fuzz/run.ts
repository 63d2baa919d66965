/**
 * `npm run fuzz [-- INPUTS] [SEED]`: random and damaged inputs into the parsers of the import, a million unless said otherwise. It fails on
 * anything thrown that is no error of a file, on a record that is unaccounted for, on an input that takes seconds, and on memory that grows.
 */
import { fuzz } from '../sources/import/fuzz/fuzz.ts'

const [inputs = 1_000_000, seed = Date.now() % 1_000_000] = process.argv.slice(2, 4).map(Number)
const MAY_GROW_MB = 20
const { gc } = globalThis
if (gc === undefined) throw new Error('run it with --expose-gc, as `npm run fuzz` does')

/** Of the heap and of buffers, after a collection. */
function heldMb(collect: () => void): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

console.log(`${inputs} inputs, seed ${seed}`)
const step = Math.ceil(inputs / 10)
const held: number[] = []
const fuzzed = await fuzz(inputs, String(seed), ({ inputs: done }) => {
  if (done % step !== 0) return
  held.push(heldMb(() => gc()))
  console.log(`${done} inputs, ${held.at(-1)!.toFixed(1)} MB held`)
})
console.log(JSON.stringify(fuzzed))
const grown = (held.at(-1) ?? 0) - (held[0] ?? 0)
console.log(`memory has grown by ${grown.toFixed(1)} MB from the first tenth to the last`)
if (grown > MAY_GROW_MB) process.exitCode = 1
