import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, test } from 'node:test'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { type Artifact, makeArtifact } from '../../../../pipelines/model/artifact/make-artifact.ts'
import { encodeOnnx } from '../../../../pipelines/model/artifact/onnx.ts'
import { ModelError } from '../../../../pipelines/model/errors.ts'
import { type Matrix, zeros } from '../../../../pipelines/model/ials/matrix.ts'
import { Model } from '../../../../pipelines/model/serve/model.ts'
import { crowds, playsOf, small } from '../../../kit/model-plays.ts'

let artifact: Artifact
let model: Model
before(async () => {
  artifact = await makeArtifact(playsOf(crowds()), small)
  model = await Model.load(artifact.bytes, artifact.version)
})

const ids = () => model.metadata.artists.map(({ id }) => id)
const someArtists = fc.uniqueArray(fc.tuple(fc.nat(23), fc.integer({ min: 1, max: 50 })), {
  minLength: 1,
  maxLength: 20,
  selector: ([number]) => number,
})
const playedOf = (some: readonly (readonly [number, number])[]) =>
  some.map(([number, plays]): [string, number] => [ids()[number]!, plays])

test('who hears what a crowd hears is recommended the rest of what that crowd hears', async () => {
  const played = ['rocker-1', 'rocker-2', 'rocker-3', 'nobody-knows'].map((id): [string, number] => [id, 3])
  const { vector, known, reasons } = model.foldIn(played)
  assert.deepEqual(
    [...known].map((number) => ids()[number]),
    ['rocker-1', 'rocker-2', 'rocker-3'],
  )
  const scores = await model.scores(vector, known)
  const best = ids()
    .map((id, number) => ({ id, score: scores[number]! }))
    .sort((one, other) => other.score - one.score)
  assert.ok(best.slice(0, 9).every(({ id }) => id.startsWith('rocker')))
  assert.ok(best.slice(-3).every(({ id, score }) => id < 'rocker-4' && score === -Infinity))
  const rock = model.numberOf('rocker-7')!
  assert.match(ids()[reasons.strongestFor(rock)!]!, /^rocker-[123]$/)
})

test('what each played artist adds to a score is together the score that the graph gives', async () => {
  await fc.assert(
    fc.asyncProperty(someArtists, async (some) => {
      const { vector, known, reasons } = model.foldIn(playedOf(some))
      const scores = await model.scores(vector, [])
      for (const [artist, score] of scores.entries()) {
        const parts = Array.from(known, (_, cell) => reasons.partOf(artist, cell))
        const sum = parts.reduce((one, other) => one + other, 0)
        assert.ok(Math.abs(sum - score) < 1e-5, `${sum} is not ${score}`)
      }
    }),
    { numRuns: 50 },
  )
})

test('scores that are asked for together are what each would be alone, with a mask of its own', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(someArtists, { minLength: 1, maxLength: 150 }), async (all) => {
      const vectors = all.map((some) => model.foldIn(playedOf(some)))
      const together = await Promise.all(vectors.map(({ vector, known }) => model.scores(vector, known)))
      for (const [index, { vector, known }] of vectors.entries()) {
        const alone = await model.scores(vector, known)
        for (const [artist, score] of alone.entries())
          assert.ok(score === together[index]![artist] || Math.abs(score - together[index]![artist]!) < 1e-6)
        assert.equal(together[index]!.filter((score) => score === -Infinity).length, known.length)
      }
    }),
    { numRuns: 20 },
  )
})

test('a model in another basis recommends the same', async () => {
  const straight = await Model.load(encodeOnnx(someVectors(), metadataText()), 'straight')
  const turned = await Model.load(encodeOnnx(rotated(someVectors(), 0.7), metadataText()), 'turned')
  for (const some of fc.sample(someArtists, 20)) {
    const one = straight.foldIn(playedOf(some))
    const other = turned.foldIn(playedOf(some))
    const [expected, actual] = [await straight.scores(one.vector, []), await turned.scores(other.vector, [])]
    for (const [artist, score] of expected.entries()) assert.ok(Math.abs(score - actual[artist]!) < 1e-4)
  }
})

function someVectors(): Matrix {
  const vectors = zeros(24, 8)
  for (const [index] of vectors.values.entries()) vectors.values[index] = Math.sin(index * 7.3)
  return vectors
}

function rotated({ rows, width, values }: Matrix, angle: number): Matrix {
  const turned = zeros(rows, width)
  turned.values.set(values)
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  for (let row = 0; row < rows; row++) {
    const [one, other] = [values[row * width]!, values[row * width + 1]!]
    turned.values[row * width] = cos * one - sin * other
    turned.values[row * width + 1] = sin * one + cos * other
  }
  return turned
}

const metadataText = (change: Record<string, unknown> = {}) =>
  JSON.stringify({ ...artifact.metadata, ...change })

const withMetadata = (change: Record<string, unknown>) => encodeOnnx(someVectors(), metadataText(change))

interface Node {
  opType: string
  input: string[]
  output: string[]
}

interface Graph {
  node: Node[]
  input: { name: string }[]
  output: { name: string }[]
}

const ModelProto = protobuf
  .loadSync(join(import.meta.dirname, '../../../../pipelines/model/artifact/onnx.proto'))
  .lookupType('onnx.ModelProto')

/** The artifact with another graph. */
function edited(edit: (graph: Graph) => void): Buffer {
  const message = ModelProto.decode(artifact.bytes) as unknown as { graph: Graph }
  edit(message.graph)
  return Buffer.from(ModelProto.encode(message).finish())
}

function passOverMask({ node: [, where] }: Graph): void {
  where!.input[1] = 'products'
}

/** Whoever is not masked has the score that the masked ones should have. */
function scoreNothing({ node: [, where] }: Graph): void {
  where!.input = ['mask', 'nothing', 'nothing']
}

/** What the graph's shapes allow, and no number of artists and factors does. */
function failWhenRun({ node: [product, where] }: Graph): Node[] {
  product!.output = ['flat']
  const shape = { opType: 'Shape', input: ['listener'], output: ['shape'] }
  const reshape = { opType: 'Reshape', input: ['flat', 'shape'], output: ['products'] }
  return [product!, shape, reshape, where!]
}

test('what is not a model of ours is refused, and the message says why', async () => {
  const { artists } = artifact.metadata
  const [rows, width] = [artists.length, 8]
  const filled = (value: number): Matrix => ({
    rows,
    width,
    values: new Float64Array(rows * width).fill(value),
  })
  const refusals: [string, Buffer, RegExp][] = [
    ['text', Buffer.from('no model'), /cannot be used/],
    ['nothing', Buffer.alloc(0), /"continuo" is missing/],
    ['half of it', artifact.bytes.subarray(0, artifact.bytes.length >> 1), /no ONNX model|is missing/],
    ['no JSON', encodeOnnx(filled(1), 'x'), /metadata is no JSON/],
    ['another format', withMetadata({ format: 2 }), /metadata\/format must be equal to constant/],
    ['no artist', withMetadata({ artists: [] }), /metadata\/artists must NOT have fewer than 1/],
    ['an artist twice', withMetadata({ artists: artists.map(() => artists[0]) }), /an id twice/],
    [
      'a stranger',
      withMetadata({ popular: { '': [24] } }),
      /popular\/ names an artist that it does not have/,
    ],
    [
      'too few artists',
      withMetadata({ artists: artists.slice(1), popular: { '': [] } }),
      /input mask is to be bool \[batch, 23\]/,
    ],
    ['no number', encodeOnnx(filled(NaN), metadataText()), /factors are not all finite/],
    [
      'without scores',
      edited(({ output }) => (output[0]!.name = 'products')),
      /output scores is to be float32/,
    ],
    ['that passes over the mask', edited(passOverMask), /scores an artist that is masked/],
    ['that gives no number', edited(scoreNothing), /no finite number/],
    [
      'with more inputs',
      edited(({ input }) => input.push({ ...input[0]!, name: 'more' })),
      /input more is none/,
    ],
    [
      'that ONNX Runtime does not know',
      edited(({ node }) => (node[0]!.opType = 'Wish')),
      /ONNX Runtime refuses it/,
    ],
    ['that fails as it is run', edited((graph) => (graph.node = failWhenRun(graph))), /Reshape/],
  ]
  for (const [name, bytes, why] of refusals)
    await assert.rejects(Model.load(bytes, name), (error: Error) => {
      assert.ok(error instanceof ModelError, `${name}: ${error.stack}`)
      assert.match(error.message, new RegExp(`^model ${name} cannot be used: `))
      assert.match(error.message, why)
      return true
    })
})

test('bytes that have been changed are refused or loaded, and never anything else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(artifact.bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const bytes = Buffer.from(artifact.bytes)
      bytes[at]! ^= by
      await Model.load(bytes, 'changed').catch((error: unknown) => {
        if (!(error instanceof ModelError)) throw error
      })
    }),
    { numRuns: 300 },
  )
})
