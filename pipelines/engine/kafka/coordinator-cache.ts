import { createRequire } from 'node:module'
import { createErrorFromCode } from './protocol.ts'

interface CoordinatorQuestion {
  groupId: string
  coordinatorType: number
}

interface ClusterClass {
  prototype: { findGroupCoordinatorMetadata: (question: CoordinatorQuestion) => Promise<unknown> }
}

interface Answer {
  metadata: Promise<unknown>
  until: number
}

const COORDINATOR_NOT_AVAILABLE = 15

/** A coordinator that has moved is asked for again after this long; until then requests to it fail and are retried. */
const GOOD_FOR_MS = 1_000

/** kafkajs passes over why each broker has failed to answer, and takes it for final that none has. */
function askAgain(error: unknown): never {
  if ((error as Error).name === 'KafkaJSGroupCoordinatorNotFound')
    throw createErrorFromCode(COORDINATOR_NOT_AVAILABLE)
  throw error
}

/**
 * Lets kafkajs remember for a moment which broker coordinates a group or a transactional id. It asks anew for every
 * request of a transaction, so that four of its nine round trips are this question. While no broker can be asked it waits.
 */
export function installCoordinatorCache(): void {
  const Cluster = createRequire(import.meta.url)('kafkajs/src/cluster') as ClusterClass
  const { findGroupCoordinatorMetadata } = Cluster.prototype
  const answers = new WeakMap<object, Map<string, Answer>>()

  Cluster.prototype.findGroupCoordinatorMetadata = function findCoordinatorOnce(question) {
    const known = answers.get(this) ?? new Map<string, Answer>()
    answers.set(this, known)
    const key = `${question.coordinatorType}:${question.groupId}`
    const answer = known.get(key)
    if (answer !== undefined && performance.now() < answer.until) return answer.metadata
    const metadata = findGroupCoordinatorMetadata.call(this, question).catch(askAgain)
    known.set(key, { metadata, until: performance.now() + GOOD_FOR_MS })
    metadata.catch(() => known.delete(key))
    return metadata
  }
}
