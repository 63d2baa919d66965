import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { startStack } from '../../stack/index.ts'
import { testGateway } from '../gateway/kit/gateway.ts'
import { fuzzGateway } from '../gateway/live/fuzz/fuzz-gateway.ts'
import { fuzzTokens } from '../gateway/live/fuzz/fuzz-tokens.ts'
import { fuzzLimits } from '../gateway/live/fuzz/hostile-input.ts'
import { fuzzCodec } from '../schemas/avro/fuzz-codec.ts'
import { fuzz } from '../sources/import/fuzz/fuzz.ts'

/**
 * `npm run fuzz [-- PART] [INPUTS] [SEED]`: so many random and damaged inputs, a million unless said otherwise, into each part, or one of them: messages into the codec
 * (`messages`), files into the parsers of the import (`files`), frames into a gateway (`gateway`). It fails on anything thrown that is no error of a file or a message, on what
 * is unaccounted for or answered wrongly, on an input that takes seconds, and on memory that grows.
 */
const args = process.argv.slice(2)
const part = Number.isNaN(Number(args[0])) ? args.shift() : undefined
const [inputs = 1_000_000, seed = Date.now() % 1_000_000] = args.map(Number)
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

async function fuzzMessages(): Promise<void> {
  const messages = memory('messages')
  for (let done = 0; done < inputs; done += AT_ONCE) {
    const count = Math.min(AT_ONCE, inputs - done)
    const account = await fuzzCodec(count, seed + done)
    const accounted = Object.values(account).reduce((sum, each) => sum + each, 0)
    if (accounted !== count) throw new Error(`${count - accounted} of ${count} messages are unaccounted for`)
    messages.look(done + count)
  }
  messages.end()
}

async function fuzzFiles(): Promise<void> {
  const files = memory('files')
  const fuzzed = await fuzz(inputs, String(seed), ({ inputs: done }) => {
    if (done % AT_ONCE === 0) files.look(done)
  })
  console.log(JSON.stringify(fuzzed))
  files.end()
}

async function fuzzFrames(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-fuzz-'))
  const stack = await startStack({ dataDir, only: ['redis'], ports: { redis: 0 }, progress: () => undefined })
  const frames = memory('frames')
  const ends: (() => unknown)[] = []
  try {
    const { port } = await testGateway(
      { after: (end: () => unknown) => ends.push(end) },
      {
        redisUrl: stack.urls.redisUrl!,
        limits: { ...fuzzLimits, maxFramesPerSecond: Infinity, maxPendingCommands: Infinity },
        log: pino({ level: 'error' }),
      },
    )
    const progress = (done: number) => frames.look(done)
    console.log(
      JSON.stringify(await fuzzGateway({ port, tokens: await fuzzTokens(), frames: inputs, seed, progress })),
    )
    frames.end()
  } finally {
    for (const end of ends) await end()
    await stack.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

const parts: Readonly<Record<string, () => Promise<void>>> = {
  messages: fuzzMessages,
  files: fuzzFiles,
  gateway: fuzzFrames,
}
if (part !== undefined && !Object.hasOwn(parts, part))
  throw new Error(`${part} is no part: ${Object.keys(parts).join(', ')}`)
console.log(`${inputs} of each, seed ${seed}`)
for (const [name, run] of Object.entries(parts)) if (part === undefined || part === name) await run()
