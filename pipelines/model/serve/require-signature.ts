import type { InferenceSession } from 'onnxruntime-node'
import { signature } from '../artifact/onnx.ts'
import { ModelError } from '../errors.ts'

export interface GraphShape {
  factors: number
  artists: number
}

/** How many factors a listener has. @throws ModelError unless a graph has the inputs and outputs of {@link signature}, for so many artists */
export function requireSignature(session: InferenceSession, artists: number): GraphShape {
  const { listener, mask, scores, factors: vectors } = signature
  const { inputMetadata: inputs, outputMetadata: outputs } = session
  const factors = (tensorOf(inputs, listener)?.shape[1] ?? 0) as number
  const expected = [
    { among: inputs, name: listener, type: 'float32', shape: ['batch', factors] },
    { among: inputs, name: mask, type: 'bool', shape: ['batch', artists] },
    { among: outputs, name: scores, type: 'float32', shape: ['batch', artists] },
    { among: outputs, name: vectors, type: 'float32', shape: [factors, artists] },
  ]
  for (const { among, name, type, shape } of expected) {
    const found = tensorOf(among, name)
    const fits = found?.type === type && found.shape.length === 2 && shape.every(fitsIn(found.shape))
    if (!fits || !(factors > 0))
      throw new ModelError(
        `its ${among === inputs ? 'input' : 'output'} ${name} is to be ${type} [${shape.join(', ')}]: artists are those of its metadata`,
      )
  }
  const more = inputs.find(({ name }) => name !== listener && name !== mask)
  if (more !== undefined) throw new ModelError(`its input ${more.name} is none that it would be given`)
  return { factors, artists }
}

function tensorOf(
  among: readonly InferenceSession.ValueMetadata[],
  name: string,
): InferenceSession.TensorValueMetadata | undefined {
  const found = among.find((each) => each.name === name)
  return found?.isTensor === true ? found : undefined
}

/** A batch is of any size: whatever name the graph has for that. */
const fitsIn = (shape: readonly (number | string)[]) => (of: number | string, at: number) =>
  typeof of === 'string' ? typeof shape[at] === 'string' : shape[at] === of
