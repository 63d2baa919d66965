import assert from 'node:assert/strict'
import { type Socket, connect } from 'node:net'
import pLimit from 'p-limit'
import { clientFrame, opcodes, serverFrames } from '../../kit/frames.ts'
import type { Reply } from '../../kit/raw-client.ts'
import { handshake } from '../../kit/wire-client.ts'
import { type HostileInput, type Tokens, hostileInputs } from './hostile-input.ts'

export interface FuzzGatewayOptions {
  port: number
  tokens: Tokens
  /** Frames in all, at least. */
  frames: number
  seed: number
  /** Called when a tenth more is done, with how many are. */
  progress?(done: number): void
}

/** How many inputs there were of each kind. */
export type GatewayAccount = Record<string, number>

const SOCKETS_AT_ONCE = 20
const MOST_ON_A_SOCKET = 100
/** Over it a socket hangs. */
const ANSWERED_WITHIN_MS = 30_000

/**
 * Sends so many inputs – noise, commands that are damaged, and commands that are sound and mean no good – over sockets of a gateway, each until one of them ends it. What
 * comes back is held against what each input must be answered. @throws where that differs
 */
export async function fuzzGateway(options: FuzzGatewayOptions): Promise<GatewayAccount> {
  const { frames, seed, progress } = options
  const account: GatewayAccount = {}
  const limit = pLimit(SOCKETS_AT_ONCE)
  let done = 0
  let told = 0
  for (let socket = 0; done < frames;) {
    const batch = Array.from({ length: SOCKETS_AT_ONCE }, () =>
      limit(() => oneSocket(options, seed * 1_000_003 + ++socket)),
    )
    for (const inputs of await Promise.all(batch))
      for (const { kind } of inputs) {
        account[kind] = (account[kind] ?? 0) + 1
        done++
      }
    if (done - told < frames / 10) continue
    progress?.(done)
    told = done
  }
  return account
}

const command = (value: unknown) => clientFrame(opcodes.text, JSON.stringify(value))
/** Beyond those of inputs. */
const LAST_ID = 2 ** 32 - 1

async function oneSocket({ port, tokens }: FuzzGatewayOptions, seed: number): Promise<HostileInput[]> {
  const next = hostileInputs(seed, tokens)
  const inputs: HostileInput[] = []
  while (inputs.length < MOST_ON_A_SOCKET && inputs.at(-1)?.expected.end === undefined) inputs.push(next())
  const wire = new Wire(port)
  wire.write(handshake())
  // What came in one piece with the handshake, the library would drop.
  await wire.until((read) => read.includes('\r\n\r\n'), `the handshake of socket ${seed}`)
  wire.write(command({ id: 1, connect: { token: tokens.good } }))
  await wire.until((read) => read.includes('{"id":1,'), `the connection of socket ${seed}`)
  const { end } = inputs.at(-1)!.expected
  const last = end === undefined ? [command({ id: LAST_ID, ping: {} })] : []
  wire.write(Buffer.concat([...inputs.map(({ bytes }) => bytes), ...last]))
  if (end === undefined)
    await wire.until((read) => read.includes(`{"id":${LAST_ID},`), `the last answer of socket ${seed}`)
  else await wire.until(() => wire.isClosed, `the end of socket ${seed}, which is ${end}`)
  wire.destroy()
  judge(inputs, framesIn(wire.received()), seed)
  return inputs
}

/** A socket that keeps what it reads. */
class Wire {
  isClosed = false
  readonly #socket: Socket
  readonly #chunks: Buffer[] = []
  #wake: () => void = () => undefined
  #late: Error | undefined

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
      .on('error', () => undefined)
      .on('data', (bytes: Buffer) => {
        this.#chunks.push(bytes)
        this.#wake()
      })
      .on('close', () => {
        this.isClosed = true
        this.#wake()
      })
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes)
  }

  received(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  /** Resolves when that is so of the end of what was read, or the socket is closed. @throws if it takes seconds */
  async until(isSo: (read: Buffer) => boolean, what: string): Promise<void> {
    const timer = setTimeout(() => {
      this.#late = new Error(`waited ${ANSWERED_WITHIN_MS} ms for ${what}`)
      this.#wake()
    }, ANSWERED_WITHIN_MS)
    while (!this.isClosed && !isSo(Buffer.concat(this.#chunks.slice(-2)))) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
      if (this.#late) throw this.#late
    }
    clearTimeout(timer)
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

function framesIn(received: Buffer) {
  const { texts, closeCode } = serverFrames(received.subarray(received.indexOf('\r\n\r\n') + 4))
  const replies = texts.flatMap((text) => text.split('\n')).map((line) => JSON.parse(line) as Reply)
  return { ids: replies.flatMap(({ id }) => id ?? []), closeCode }
}

/** Answers may be lost behind an end, and never else. */
function judge(
  inputs: readonly HostileInput[],
  { ids, closeCode }: ReturnType<typeof framesIn>,
  seed: number,
): void {
  const { end } = inputs.at(-1)!.expected
  const about = `socket ${seed}: ${inputs.map(({ kind }) => kind).join(', ')}; ${JSON.stringify(inputs.at(-1)!.bytes.toString('latin1').slice(0, 300))}`
  const expected = [
    1,
    ...inputs.flatMap((input) => input.expected.ids),
    ...(end === undefined ? [LAST_ID] : []),
  ]
  assert.deepEqual(ids, end === undefined ? expected : expected.slice(0, ids.length), about)
  assert.equal(closeCode, end === 'cut' ? undefined : end, about)
}
