import { readFileSync } from 'node:fs'
import protobufjs from 'protobufjs'
import { numbers } from '../../../kit/numbers.ts'
import { clientFrame, opcodes } from '../../kit/frames.ts'
import { type HostileInput, type Tokens, fuzzLimits } from './hostile-input.ts'

const proto = new URL('../../../../gateway/live/protocol/client.proto', import.meta.url)
const { root } = protobufjs.parse(readFileSync(proto, 'utf8'), { keepCase: true })
const Command = root.lookupType('continuo.gateway.Command')
const Reply = root.lookupType('continuo.gateway.Reply')

/** Commands behind their lengths. */
export const protobufOf = (...commands: object[]): Buffer =>
  Buffer.concat(commands.map((command) => Buffer.from(Command.encodeDelimited(command).finish())))

/** Ids of replies behind their lengths; pushes have none. */
export function protobufIds(payload: Buffer): number[] {
  const reader = protobufjs.Reader.create(payload)
  const ids: number[] = []
  while (reader.pos < reader.len) {
    const { id } = Reply.decode(reader.bytes()) as unknown as { id: number }
    if (id !== 0) ids.push(id)
  }
  return ids
}

const badRequest = 3501

/** Groups in groups, of a field that nobody knows, behind their length of 3,800 bytes. */
const groups = Buffer.concat([Buffer.from([0xd8, 0x1d]), Buffer.alloc(3_800, Buffer.from([0xa3, 0x06]))])

/** As {@link hostileInputs}, in Protobuf. */
export function hostileProtobuf(seed: number, given: Tokens): () => HostileInput {
  const next = numbers(seed)
  let lastId = 1
  const id = () => ++lastId
  const pick = <T>(values: readonly T[]): T => values[next(values.length)]!
  const noise = (most: number) => Buffer.from(Array.from({ length: next(most) }, () => next(256)))
  const channel = () =>
    pick(['top-artists', 'me:recommendations', '__proto__', '', 'x'.repeat(65), '👾', '\u0000'])
  const offset = () => pick([0, 1, 2 ** 31, 2 ** 53 - 1])

  const command = () =>
    pick<() => { id: number }>([
      () => ({
        id: id(),
        subscribe: {
          channel: channel(),
          recover: next(2) === 0,
          offset: offset(),
          epoch: pick(['', 'x', 'x'.repeat(65)]),
        },
      }),
      () => ({ id: id(), unsubscribe: { channel: channel() } }),
      () => ({ id: id(), presence: { channel: channel() } }),
      () => ({ id: id(), presence_stats: { channel: channel() } }),
      () => ({
        id: id(),
        history: { channel: channel(), limit: pick([-1, 0, 1, 2 ** 31 - 1]), reverse: next(2) === 0 },
      }),
      () => ({ id: id(), ping: {} }),
      () => ({
        id: id(),
        rpc: {
          method: pick(['reaction', 'constructor', '']),
          data: Buffer.from(pick(['{}', 'null', '[[]]'])),
        },
      }),
      () => ({ id: id(), refresh: { token: given.good } }),
      () => ({ id: id() }),
    ])()
  const binary = (content: Uint8Array) => clientFrame(opcodes.binary, content)
  const ends = (kind: string, bytes: Buffer, end: number | 'cut' | 'any'): HostileInput => ({
    kind: `Protobuf: ${kind}`,
    bytes,
    expected: { ids: [], end },
  })

  function commands(): HostileInput {
    const all = Array.from({ length: 1 + next(fuzzLimits.maxCommandsPerFrame) }, command)
    return {
      kind: 'Protobuf: commands',
      bytes: binary(protobufOf(...all)),
      expected: { ids: all.map((each) => each.id) },
    }
  }

  /** Changed, cut or grown at some place: it may have become a command by chance. */
  function damaged(): HostileInput {
    const sound = protobufOf(command(), command())
    const at = next(sound.length)
    const bytes = pick([
      () => Buffer.concat([sound.subarray(0, at), sound.subarray(at + 1 + next(4))]),
      () => Buffer.concat([sound.subarray(0, at), noise(8), sound.subarray(at)]),
      () => Buffer.from(sound.map((byte, index) => (index === at ? next(256) : byte))),
      () => noise(200),
    ])()
    return ends('damaged', binary(bytes), 'any')
  }

  const ending: readonly (() => HostileInput)[] = [
    () => ends('text', clientFrame(opcodes.text, '{}'), badRequest),
    () => ends('no id', binary(protobufOf({ ping: {} })), badRequest),
    () => ends('a length that is a lie', binary(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 1])), badRequest),
    () => ends('groups without end', binary(groups), badRequest),
    () => ends('too many commands', binary(Buffer.alloc(fuzzLimits.maxCommandsPerFrame + 1)), badRequest),
    () =>
      ends('a second connect', binary(protobufOf({ id: id(), connect: { token: given.good } })), badRequest),
    () => ends('a forged token', binary(protobufOf({ id: id(), refresh: { token: given.forged } })), 3500),
    () =>
      ends('a token that is over', binary(protobufOf({ id: id(), refresh: { token: given.expired } })), 3005),
    () => ends('too big', binary(Buffer.alloc(fuzzLimits.maxFrameBytes + 1)), 1009),
  ]
  const pongs = (): HostileInput => ({
    kind: 'Protobuf: pongs',
    bytes: binary(Buffer.alloc(1 + next(16))),
    expected: { ids: [] },
  })

  return () => {
    if (next(20) === 0) return pick(ending)()
    return next(8) === 0 ? damaged() : next(4) === 0 ? pongs() : commands()
  }
}
