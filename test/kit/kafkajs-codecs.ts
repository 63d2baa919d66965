import kafkajs from 'kafkajs'
import { decompressFrameSync } from 'lz4-napi'
import { zstdDecompressSync } from 'node:zlib'
import { uncompressSync } from 'snappy'
import { compress } from './record-batches.ts'

const { CompressionCodecs, CompressionTypes } = kafkajs

/** Lets kafkajs compress with all that Kafka knows, and its own decoder read it; gzip it can itself. */
export function installKafkajsCodecs(): void {
  const codec = (encode: (bytes: Buffer) => Buffer, decode: (bytes: Buffer) => Buffer) => () => ({
    compress: ({ buffer }: { buffer: Buffer }) => Promise.resolve(encode(buffer)),
    decompress: (bytes: Buffer) => Promise.resolve(decode(bytes)),
  })
  CompressionCodecs[CompressionTypes.Snappy] = codec(
    compress.snappy,
    (bytes) => uncompressSync(bytes) as Buffer,
  )
  CompressionCodecs[CompressionTypes.LZ4] = codec(compress.lz4, decompressFrameSync)
  CompressionCodecs[CompressionTypes.ZSTD] = codec(compress.zstd, (bytes) => zstdDecompressSync(bytes))
}
