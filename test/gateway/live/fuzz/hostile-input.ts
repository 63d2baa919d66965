import { isUtf8 } from 'node:buffer'
import { clientFrame, opcodes } from '../../kit/frames.ts'
import { numbers } from '../../../kit/numbers.ts'

/** What a client may be answered: ids in this order, and then, if so, the end: by a code, cut off without one, or in any way that is one of the protocol's. */
export interface Expected {
  ids: number[]
  end?: number | 'cut' | 'any'
}

export interface HostileInput {
  /** What kind of malice it is. */
  kind: string
  bytes: Buffer
  expected: Expected
}

export const fuzzLimits = { maxFrameBytes: 4_096, maxCommandsPerFrame: 16, maxChannelLength: 64 }

/** Of the listener who is connected. */
export interface Tokens {
  good: string
  expired: string
  forged: string
}

const badRequest = 3501

/** Makes inputs for one socket that is connected, each with its own ids. */
export function hostileInputs(seed: number, given: Tokens): () => HostileInput {
  const next = numbers(seed)
  let lastId = 1
  const pick = <T>(values: readonly T[]): T => values[next(values.length)]!
  const id = () => ++lastId

  const channel = () =>
    pick([
      'top-artists',
      'me:recommendations',
      '__proto__',
      'a b',
      '',
      'x'.repeat(64),
      'x'.repeat(65),
      '\u0000',
      '👾',
      '{}',
      '*',
    ])
  const value = (): unknown =>
    pick([
      null,
      0,
      -1,
      2 ** 60,
      1e308,
      '',
      'x',
      'x'.repeat(300),
      [],
      [[[]]],
      {},
      { a: { b: {} } },
      true,
      '__proto__',
    ])

  /** A command that is well formed, or nearly so: it is answered under its id. */
  function command(): Record<string, unknown> {
    return pick([
      () => ({ id: id(), subscribe: { channel: channel() } }),
      () => ({
        id: id(),
        subscribe: {
          channel: channel(),
          recover: pick([true, false, 'yes']),
          offset: value(),
          epoch: value(),
        },
      }),
      () => ({ id: id(), unsubscribe: { channel: channel() } }),
      () => ({
        id: id(),
        [pick(['publish', 'history', 'presence', 'presence_stats'])]: pick<unknown>([
          { channel: channel(), data: value(), limit: value(), since: value(), reverse: value() },
          value(),
        ]),
      }),
      () => ({ id: id(), ping: {} }),
      () => ({
        id: id(),
        rpc: { method: pick(['reaction', 'preference', 'feedback', 'constructor', '']), data: value() },
      }),
      () => ({ id: id(), refresh: { token: given.good } }),
      () => ({ id: id(), refresh: pick<unknown>([[], 7, { token: 7 }]) }),
      () => ({ id: id(), [pick(['subscribe', 'unsubscribe', 'rpc'])]: value() ?? {} }),
      () => ({ id: id(), destroy: value() }),
      () =>
        JSON.parse(`{"id":${id()},"__proto__":{"id":1,"connect":{}},"ping":{}}`) as Record<string, unknown>,
    ])()
  }

  const commands = (most: number) => Array.from({ length: 1 + next(most) }, command)
  const idsOf = (all: readonly Record<string, unknown>[]) => all.map((each) => each['id'] as number)
  const lines = (all: readonly unknown[]) => all.map((each) => JSON.stringify(each)).join('\n')
  const text = (content: string | Uint8Array) => clientFrame(opcodes.text, content)
  const ends = (kind: string, bytes: Buffer, end: number | 'cut'): HostileInput => ({
    kind,
    bytes,
    expected: { ids: [], end },
  })
  const noise = (most: number) => Buffer.from(Array.from({ length: next(most) }, () => next(256)))
  const ascii = (most: number) =>
    String.fromCharCode(...Array.from({ length: 1 + next(most) }, () => 32 + next(95)))

  /** A frame in several pieces, with pings between them. */
  function inPieces(content: Buffer): Buffer {
    const frames: Buffer[] = []
    for (let at = 0, first = true; first || at < content.length; first = false) {
      const size = 1 + next(Math.max(1, content.length))
      const fin = at + size >= content.length
      frames.push(
        clientFrame(first ? opcodes.text : opcodes.continuation, content.subarray(at, at + size), { fin }),
      )
      at += size
      if (!fin && next(2) === 0) frames.push(clientFrame(opcodes.ping, noise(125)))
    }
    return Buffer.concat(frames)
  }

  const kinds: readonly (() => HostileInput)[] = [
    () => answered('commands', (all) => text(lines(all)), commands(fuzzLimits.maxCommandsPerFrame)),
    () => answered('a newline at the end', (all) => text(`${lines(all)}\n`), commands(3)),
    () => answered('pieces', (all) => inPieces(Buffer.from(lines(all))), commands(3)),
    () =>
      answered(
        'deep nesting',
        () => text(`{"id":${lastId + 1},"rpc":{"method":"x","data":${'['.repeat(900)}${']'.repeat(900)}}}`),
        [{ id: lastId + 1 }],
        id,
      ),
    () => ({ kind: 'pongs', bytes: text('{}'), expected: { ids: [] } }),
    () => ({
      kind: 'control frames',
      bytes: clientFrame(pick([opcodes.ping, opcodes.pong]), noise(125)),
      expected: { ids: [] },
    }),
  ]
  const ending: readonly (() => HostileInput)[] = [
    () =>
      ends(
        'a token that is over',
        text(JSON.stringify({ id: id(), refresh: { token: given.expired } })),
        3005,
      ),
    () => ends('a forged token', text(JSON.stringify({ id: id(), refresh: { token: given.forged } })), 3500),
    () =>
      ends(
        'a second connect',
        text(JSON.stringify({ id: id(), connect: { token: given.good } })),
        badRequest,
      ),
    () => ends('too big', text(`{"id":${id()},"rpc":"${'x'.repeat(fuzzLimits.maxFrameBytes)}"}`), 1009),
    () => ends('huge', text('x'.repeat(2 * fuzzLimits.maxFrameBytes + 1)), 'cut'),
    () =>
      ends(
        'too many commands',
        text('{"id":1,"ping":{}}\n'.repeat(fuzzLimits.maxCommandsPerFrame + 1)),
        badRequest,
      ),
    () => ends('binary in JSON', clientFrame(opcodes.binary, noise(50)), badRequest),
    () =>
      ends(
        'no id',
        text(JSON.stringify({ id: pick<unknown>([0, -1, 1.5, 2 ** 32, '1', null, [], {}]), ping: {} })),
        badRequest,
      ),
    () =>
      ends('no object', text(pick(['', '\n', '1', 'null', '[]', '"{}"', 'true', '{}\n\n{}'])), badRequest),
    () => ends('no JSON', text(`{${ascii(200).replaceAll('"', '')}`), badRequest),
    () => ends('nesting without end', text('['.repeat(1 + next(4_000))), badRequest),
    () =>
      ends('no UTF-8', text(Buffer.concat([Buffer.from('{'), noise(50), Buffer.from([0xff, 0xc0])])), 'cut'),
    () => ends('compressed', clientFrame(opcodes.text, noise(50), { rsv1: true }), 'cut'),
    () => ends('a reserved opcode', clientFrame(pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), noise(20)), 'cut'),
    () => ends('a ping in pieces', clientFrame(opcodes.ping, '', { fin: false }), 'cut'),
    () =>
      ends('a length that is a lie', clientFrame(opcodes.text, '', { length: 2 ** (20 + next(30)) }), 'cut'),
    () => ends('an end without a beginning', clientFrame(opcodes.continuation, noise(20)), 'cut'),
  ]

  function answered(
    kind: string,
    framed: (all: readonly Record<string, unknown>[]) => Buffer,
    all: Record<string, unknown>[],
    also?: () => void,
  ): HostileInput {
    const bytes = framed(all)
    also?.()
    return { kind, bytes, expected: { ids: idsOf(all) } }
  }

  /** A command with bytes changed, left out or put in: judged by what it has become. */
  function damaged(): HostileInput {
    const sound = Buffer.from(lines([command()]))
    const at = next(sound.length)
    const bytes = pick([
      () => Buffer.concat([sound.subarray(0, at), sound.subarray(at + 1 + next(4))]),
      () => Buffer.concat([sound.subarray(0, at), Buffer.from(ascii(4)), sound.subarray(at)]),
      () => Buffer.from(sound.map((byte, index) => (index === at ? 32 + next(95) : byte))),
    ])()
    return { kind: 'damaged', bytes: text(bytes), expected: judged(bytes, given.good) }
  }

  // One that ends its socket in twenty, so that the others come after one another.
  return () => {
    if (next(20) === 0) return pick(ending)()
    return next(16) === 0 ? damaged() : pick(kinds)()
  }
}

/** What becomes of a damaged command, by the words of the protocol. */
function judged(bytes: Buffer, good: string): Expected {
  if (!isUtf8(bytes)) return { ids: [], end: 'cut' }
  const line = bytes.toString()
  if (bytes.length > fuzzLimits.maxFrameBytes) return { ids: [], end: 1009 }
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { ids: [], end: badRequest }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { ids: [], end: badRequest }
  const { id, send } = value as { id?: unknown; send?: unknown }
  if (Object.keys(value).length === 0) return { ids: [] }
  if (!Number.isInteger(id) || send !== undefined || !(Number(id) > 0 && Number(id) < 2 ** 32))
    return { ids: [], end: badRequest }
  return isForged((value as { refresh?: unknown }).refresh, good)
    ? { ids: [], end: 3500 }
    : { ids: [id as number] }
}

function isForged(refresh: unknown, good: string): boolean {
  if (typeof refresh !== 'object' || refresh === null || Array.isArray(refresh)) return false
  const { token = '' } = refresh as { token?: unknown }
  return typeof token === 'string' && token !== good
}
