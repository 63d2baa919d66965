import type { Encoding } from './encoding.ts'
import { json } from './json.ts'
import { protobuf } from './protobuf.ts'

const bySubprotocol: Readonly<Record<string, Encoding>> = {
  'centrifuge-json': json,
  'centrifuge-protobuf': protobuf,
}

/**
 * How a client will speak, and the subprotocol by which it is told so: `''` where it has named none that is known here.
 */
export interface Agreed {
  encoding: Encoding
  subprotocol: string
}

/**
 * What a client asks for as it opens its socket: by subprotocol, the first of its list that is known, or by
 * `format=protobuf` or `cf_protocol=protobuf` in the query of the URL; JSON otherwise.
 */
export function agreedEncoding(subprotocols: string, query: string): Agreed {
  const named = subprotocols.split(',').map((name) => name.trim())
  const subprotocol = named.find((name) => Object.hasOwn(bySubprotocol, name))
  if (subprotocol !== undefined) return { encoding: bySubprotocol[subprotocol]!, subprotocol }
  const asked = new URLSearchParams(query)
  const isProtobuf = [asked.get('format'), asked.get('cf_protocol')].includes('protobuf')
  return { encoding: isProtobuf ? protobuf : json, subprotocol: '' }
}
