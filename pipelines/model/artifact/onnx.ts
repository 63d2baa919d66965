import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import protobuf from 'protobufjs'
import { ModelError } from '../errors.ts'
import type { Matrix } from '../ials/matrix.ts'

const proto = protobuf.parse(readFileSync(join(import.meta.dirname, 'onnx.proto'), 'utf8')).root
const ModelProto = proto.lookupType('onnx.ModelProto')

const IR_VERSION = 8
const OPSET_VERSION = 17
/** Under what the metadata stands among the properties of the model. */
const METADATA = 'continuo'

/** Types of a tensor's elements, by ONNX's numbers. */
const elements = { float: 1, bool: 9 } as const

/** What the inputs and outputs of a graph are called: its signature, which {@link Model.load} checks. */
export const signature = {
  /** float [batch, factors] */
  listener: 'listener',
  /** bool [batch, artists]: true for an artist who must not be recommended. */
  mask: 'mask',
  /** float [batch, artists]; −∞ where `mask` is true. */
  scores: 'scores',
  /** float [factors, artists]: the vectors of artists from which that of a listener is found. Reading it needs no input that matters. */
  factors: 'factors',
} as const

/**
 * A model as an ONNX graph, with what else is known of it as JSON among its properties:
 *
 *     listener ─┐
 *               MatMul ── products ─┐
 *     factors ──┘                   Where ── scores
 *     mask ─────────────────────────┘
 * @param vectors one for each artist
 */
export function encodeOnnx(vectors: Matrix, metadata: string): Buffer {
  const { rows: artists, width: factors } = vectors
  const { listener, mask, scores } = signature
  const message = ModelProto.fromObject({
    irVersion: IR_VERSION,
    producerName: 'continuo',
    opsetImport: [{ domain: '', version: OPSET_VERSION }],
    metadataProps: [{ key: METADATA, value: metadata }],
    graph: {
      name: 'recommendations',
      node: [
        { opType: 'MatMul', input: [listener, signature.factors], output: ['products'] },
        { opType: 'Where', input: [mask, 'nothing', 'products'], output: [scores] },
      ],
      initializer: [
        tensor(signature.factors, [factors, artists], turned(vectors)),
        tensor('nothing', [], Float32Array.of(-Infinity)),
      ],
      input: [
        value(listener, elements.float, ['batch', factors]),
        value(mask, elements.bool, ['batch', artists]),
      ],
      output: [
        value(scores, elements.float, ['batch', artists]),
        value(signature.factors, elements.float, [factors, artists]),
      ],
    },
  })
  return Buffer.from(ModelProto.encode(message).finish())
}

/** The metadata that {@link encodeOnnx} was given. @throws ModelError for what is no ONNX model, or has none */
export function metadataOf(bytes: Buffer): string {
  const found = decoded(bytes).metadataProps.find(({ key }) => key === METADATA)
  if (found === undefined) throw new ModelError(`its property "${METADATA}" is missing`)
  return found.value
}

function decoded(bytes: Buffer): { metadataProps: { key: string; value: string }[] } {
  try {
    return ModelProto.decode(bytes) as unknown as ReturnType<typeof decoded>
  } catch (cause) {
    throw new ModelError('it is no ONNX model', { cause })
  }
}

const tensor = (name: string, dims: readonly number[], { buffer }: Float32Array<ArrayBuffer>) => ({
  name,
  dims,
  dataType: elements.float,
  rawData: Buffer.from(buffer),
})

const value = (name: string, elemType: number, shape: readonly (number | string)[]) => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: { dim: shape.map((of) => (typeof of === 'string' ? { dimParam: of } : { dimValue: of })) },
    },
  },
})

/** Columns as rows, in single precision. */
function turned({ rows, width, values }: Matrix): Float32Array<ArrayBuffer> {
  const single = new Float32Array(rows * width)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < width; column++) single[column * rows + row] = values[row * width + column]!
  return single
}
