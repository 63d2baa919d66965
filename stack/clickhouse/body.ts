import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { ClickHouseException } from './exception.ts'

type Codec = (bytes: Uint8Array) => Promise<Buffer>

const decoders: Record<string, Codec> = {
  gzip: promisify(zlib.gunzip),
  deflate: promisify(zlib.inflate),
  br: promisify(zlib.brotliDecompress),
  zstd: promisify(zlib.zstdDecompress),
}

const encoders: Record<string, Codec> = {
  zstd: promisify(zlib.zstdCompress),
  gzip: promisify(zlib.gzip),
  deflate: promisify(zlib.deflate),
}

/** A statement or its rows are held in memory whole, so this is as much as one may send. */
const largestBody = 1024 ** 3

/** The whole body of a request, decompressed. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > largestBody)
      throw ClickHouseException.of(131, 'TOO_LARGE_STRING_SIZE', `A request has at most ${largestBody} bytes`)
    parts.push(part)
  }
  const encoding = request.headers['content-encoding'] ?? 'identity'
  const bytes = Buffer.concat(parts)
  if (encoding === 'identity') return bytes
  const decode = decoders[encoding]
  if (!decode)
    throw ClickHouseException.of(
      48,
      'NOT_IMPLEMENTED',
      `Content-Encoding ${encoding} is not supported here, only ${Object.keys(decoders).join(', ')}`,
    )
  return decode(bytes).catch((error: unknown) => {
    throw ClickHouseException.of(354, 'ZLIB_INFLATE_FAILED', `The body is not ${encoding}: ${String(error)}`)
  })
}

/** The best compression that the client accepts, if any, with the compressed bytes. */
export async function encode(
  bytes: Uint8Array,
  acceptEncoding: string,
): Promise<{ bytes: Uint8Array; encoding?: string }> {
  const accepted = acceptEncoding.split(',').map((part) => part.split(';')[0]?.trim())
  const encoding = Object.keys(encoders).find((name) => accepted.includes(name))
  const compress = encoding === undefined ? undefined : encoders[encoding]
  return compress ? { bytes: await compress(bytes), encoding } : { bytes }
}
