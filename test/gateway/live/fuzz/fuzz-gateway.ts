import assert from 'node:assert/strict'
import { type Socket, connect } from 'node:net'
import pLimit from 'p-limit'
import { clientFrame, opcodes, serverFrames } from '../../kit/frames.ts'
import type { Reply } from '../../kit/raw-client.ts'
import { handshake } from '../../kit/wire-client.ts'
import { type HostileInput, type Tokens, hostileInputs } from './hostile-input.ts'
import { hostileProtobuf, protobufIds, protobufOf } from './hostile-protobuf.ts'

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

/** Beyond those of inputs. */
const LAST_ID = 2 ** 32 - 1

interface Dialect {
  headers: string[]
  inputs(seed: number, tokens: Tokens): () => HostileInput
  frame(command: object): Buffer
  /** What a reply under an id has, and no other. */
  mark(id: number): string | Buffer
  ids(payload: Buffer): number[]
}

const json: Dialect = {
  headers: [],
  inputs: hostileInputs,
  frame: (command) => clientFrame(opcodes.text, JSON.stringify(command)),
  mark: (id) => `{"id":${id},`,
  ids: (payload) =>
    payload
      .toString()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as Reply).id ?? []),
}

const protobuf: Dialect = {
  headers: ['Sec-WebSocket-Protocol: centrifuge-protobuf'],
  inputs: hostileProtobuf,
  frame: (command) => clientFrame(opcodes.binary, protobufOf(command)),
  mark: (id) => (id === LAST_ID ? Buffer.from([8, 0xff, 0xff, 0xff, 0xff, 0x0f]) : Buffer.from([8, id])),
  ids: protobufIds,
}

async function oneSocket({ port, tokens }: FuzzGatewayOptions, seed: number): Promise<HostileInput[]> {
  const { headers, inputs: inputsOf, frame, mark, ids } = seed % 2 === 0 ? json : protobuf
  const next = inputsOf(seed, tokens)
  const inputs: HostileInput[] = []
  while (inputs.length < MOST_ON_A_SOCKET && inputs.at(-1)?.expected.end === undefined) inputs.push(next())
  const wire = new Wire(port)
  wire.write(handshake(...headers))
  // What came in one piece with the handshake, the library would drop.
  await wire.until((read) => read.includes('\r\n\r\n'), `the handshake of socket ${seed}`)
  wire.write(frame({ id: 1, connect: { token: tokens.good } }))
  await wire.until((read) => read.includes(mark(1)), `the connection of socket ${seed}`)
  wire.requireOpen()
  const { end } = inputs.at(-1)!.expected
  const mayGoOn = end === undefined || end === 'any'
  const last = mayGoOn ? [frame({ id: LAST_ID, ping: {} })] : []
  wire.write(Buffer.concat([...inputs.map(({ bytes }) => bytes), ...last]))
  if (mayGoOn) await wire.until((read) => read.includes(mark(LAST_ID)), `the last answer of socket ${seed}`)
  else
    await wire.until(
      () => wire.isClosed,
      `the end of socket ${seed} by ${inputs.at(-1)!.kind}, which is ${end}`,
    )
  wire.destroy()
  const received = wire.received()
  const { payloads, closeCode } = serverFrames(received.subarray(received.indexOf('\r\n\r\n') + 4))
  judge(inputs, { ids: payloads.flatMap(ids), closeCode }, seed)
  return inputs
}

interface Answers {
  ids: number[]
  closeCode: number | undefined
}

/** Damaged, a command may have become any other: 3508 answers `send`. */
const ofDamaged: readonly (number | undefined)[] = [undefined, 1009, 3005, 3500, 3501, 3508]

/** Answers may be lost behind an end, and never else. */
function judge(inputs: readonly HostileInput[], { ids, closeCode }: Answers, seed: number): void {
  const { bytes, expected } = inputs.at(-1)!
  const { end } = expected
  const kinds = inputs.map(({ kind }) => kind).join(', ')
  const about = `socket ${seed}: ${kinds}; ${JSON.stringify(bytes.toString('latin1').slice(0, 300))}`
  const wanted = [
    1,
    ...inputs.flatMap((input) => input.expected.ids),
    ...(end === undefined ? [LAST_ID] : []),
  ]
  assert.equal(ids[0], 1, about)
  if (end === 'any') {
    assert.ok(ofDamaged.includes(closeCode), about)
    const length = Math.min(ids.length, wanted.length)
    assert.deepEqual(ids.slice(0, length), wanted.slice(0, length), about)
    return
  }
  assert.deepEqual(ids, end === undefined ? wanted : wanted.slice(0, ids.length), about)
  assert.equal(closeCode, end === 'cut' ? undefined : end, about)
}

/** A socket that keeps what it reads. */
class Wire {
  isClosed = false
  readonly #socket: Socket
  readonly #chunks: Buffer[] = []
  #wake: () => void = () => undefined
  #late: Error | undefined
  #failed: Error | undefined

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
      .on('error', (error) => (this.#failed = error))
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

  /** @throws if it is closed already, with what the server and the network said */
  requireOpen(): void {
    if (this.isClosed)
      throw new Error(`closed: ${this.received().toString('latin1')}`, { cause: this.#failed })
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
