import { createRequire } from 'node:module'

interface ClusterClass {
  prototype: { metadata: (question?: { topics?: string[] }) => Promise<unknown> }
}

/** No broker has said which topics there are; it may be asked again. */
export class NoMetadata extends Error {
  override readonly name = 'NoMetadata'
  readonly retriable = true

  constructor() {
    super('no broker has answered the question for metadata')
  }
}

/**
 * Has kafkajs's admin say so when no broker could be asked: it passes over why each of them failed, answers null, and fails with a
 * TypeError where that is read.
 */
export function installMetadataAnswers(): void {
  const Cluster = createRequire(import.meta.url)('kafkajs/src/cluster') as ClusterClass
  const { metadata } = Cluster.prototype
  Cluster.prototype.metadata = async function metadataOrError(question) {
    const answer = await metadata.call(this, question)
    if (answer === null) throw new NoMetadata()
    return answer
  }
}
