import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import protobufjs, { type Field, type Type } from 'protobufjs'
import { FrameError, tooManyCommands, type Encoding } from './encoding.ts'
import { joiner } from './framing.ts'

const { root } = protobufjs.parse(readFileSync(join(import.meta.dirname, 'client.proto'), 'utf8'), {
  keepCase: true,
})
root.resolveAll()
const CommandType = root.lookupType('continuo.gateway.Command')
const ReplyType = root.lookupType('continuo.gateway.Reply')

type Message = Record<string, unknown>

/**
 * Commands and replies in Protobuf, each behind its length. What the protocol has as `bytes` is JSON here as
 * everywhere: other data in a command make its frame malformed.
 */
export const protobuf: Encoding = {
  name: 'protobuf',
  isBinary: true,

  commandsOf(frame, maxCommands) {
    if (frame.length === 0) throw new FrameError('empty frame')
    const reader = protobufjs.Reader.create(frame)
    const commands: Message[] = []
    while (reader.pos < reader.len) {
      if (commands.length === maxCommands) throw tooManyCommands()
      commands.push(commandOf(malformed(() => reader.bytes())))
    }
    return commands
  },

  encode: (reply) =>
    Buffer.from(ReplyType.encodeDelimited(withBytes(ReplyType, reply as Message, encodedData)).finish()),

  publication(channel, pub) {
    return this.encode({ push: { channel, pub } })
  },

  join: joiner((messages) => Buffer.concat(messages)),
}

function commandOf(bytes: Uint8Array): Message {
  if (bytes.length === 0) return {}
  const command = malformed<Message>(() => CommandType.toObject(CommandType.decode(bytes), { longs: Number }))
  // A field that is not there is zero: only a command without any byte is the empty one.
  return { id: 0, ...withBytes(CommandType, command, decodedData) }
}

function malformed<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    throw new FrameError('a command is not Protobuf', { cause: error })
  }
}

/** The same message with what its type has as bytes converted, wherever it is. */
function withBytes(type: Type, message: Message, convert: (value: unknown) => unknown): Message {
  const converted: Message = {}
  for (const field of type.fieldsArray) {
    const value = message[field.name]
    if (value === undefined) continue
    const one = (each: unknown) => convertedValue(field, each, convert)
    if (field.map) {
      const entries = Object.entries(value as Message)
      converted[field.name] = Object.fromEntries(entries.map(([key, each]) => [key, one(each)]))
    } else converted[field.name] = field.repeated ? (value as unknown[]).map(one) : one(value)
  }
  return converted
}

function convertedValue(field: Field, value: unknown, convert: (value: unknown) => unknown): unknown {
  if (field.type === 'bytes') return convert(value)
  if (!(field.resolvedType instanceof protobufjs.Type)) return value
  return withBytes(field.resolvedType, value as Message, convert)
}

const encodedData = (data: unknown): Buffer => Buffer.from(JSON.stringify(data))

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decodedData(bytes: unknown): unknown {
  try {
    return JSON.parse(utf8.decode(bytes as Uint8Array))
  } catch (error) {
    throw new FrameError('data of a command are not JSON', { cause: error })
  }
}
