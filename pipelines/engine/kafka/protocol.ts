import { createRequire } from 'node:module'

/** The parts of kafkajs that its public interface does not show; its version is pinned. */
export interface Encoder {
  /** What has been written so far. */
  readonly buffer: Buffer
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeInt64(value: string): Encoder
  writeBoolean(value: boolean): Encoder
  writeBuffer(bytes: Buffer): Encoder
  writeString(value: string | null): Encoder
  /** Its length in 32 bits before it. */
  writeBytes(bytes: Buffer): Encoder
  writeUVarInt(value: number): Encoder
  writeUVarIntString(value: string | null): Encoder
  writeUVarIntArray(array: Encoder[]): Encoder
}

export interface Decoder {
  readInt16(): number
  readInt32(): number
  readInt64(): { toString(): string }
  readString(): string | null
  readBytes(length: number): Buffer
  readArray<T>(read: (decoder: Decoder) => T): T[]
  readUVarIntString(): string | null
  readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null
  readTaggedFields(): unknown
}

/** A request and how its response is read, as kafkajs's connections take them. */
export interface Exchange<R> {
  request: { apiKey: number; apiVersion: number; apiName: string; encode: () => Promise<Encoder> }
  response: { decode: (bytes: Buffer) => Promise<R>; parse: (result: R) => Promise<R> }
}

const require = createRequire(import.meta.url)
const KafkaEncoder = require('kafkajs/src/protocol/encoder') as new () => Encoder
const KafkaDecoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder

/** kafkajs's own error for a code of the protocol. */
export const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error
}

/** Structures of flexible versions (KIP-482) end in tagged fields: none of ours, and none that we read. */
export const NO_TAGS = 0

export const encoder = () => new KafkaEncoder()

export const decoderOf = (bytes: Buffer) => new KafkaDecoder(bytes)

/** The body of a request of a flexible version, behind the tagged fields of its header. */
export const flexible = () => encoder().writeUVarInt(NO_TAGS)

/** The body of a response of a flexible version. */
export function afterHeader(bytes: Buffer): Decoder {
  const decoder = decoderOf(bytes)
  decoder.readTaggedFields()
  return decoder
}

/** A request of a flexible version. `parse` throws what the response says went wrong. */
export function exchange<R>(
  [apiName, apiKey, apiVersion]: [name: string, key: number, version: number],
  encode: () => Encoder,
  decode: (decoder: Decoder) => R,
  check: (result: R) => void = () => undefined,
): Exchange<R> {
  return {
    request: { apiName, apiKey, apiVersion, encode: () => Promise.resolve(encode()) },
    response: {
      decode: (bytes) => Promise.resolve(decode(afterHeader(bytes))),
      parse: (result) =>
        new Promise((resolve) => {
          check(result)
          resolve(result)
        }),
    },
  }
}
