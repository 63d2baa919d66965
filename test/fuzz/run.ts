import { fuzzCodec } from './fuzz-codec.ts'

/** `npm run fuzz [-- MESSAGES]`: a million messages at the codec, and the memory that is left behind. */
const MESSAGES = Number(process.argv[2] ?? 1_000_000)
const AT_ONCE = 100_000

const heapMb = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

for (let done = 0; done < MESSAGES; done += AT_ONCE) {
  const count = Math.min(AT_ONCE, MESSAGES - done)
  const account = await fuzzCodec(count, Date.now() + done)
  const accounted = Object.values(account).reduce((sum, each) => sum + each, 0)
  if (accounted !== count) throw new Error(`${count - accounted} of ${count} messages are unaccounted for`)
  console.log(`${done + count} messages, heap ${heapMb().toFixed(1)} MB, last: ${JSON.stringify(account)}`)
}
