import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import {
  type AcceptedOffsets,
  type CommittedOffsets,
  type GroupMember,
  type OffsetFetch,
  type TxnOffsetCommit,
  offsetFetchV7,
  txnOffsetCommitV3,
} from './kip-447-requests.ts'
import type { Exchange } from './protocol.ts'
import { askWhile } from './transactional-requests.ts'

interface Definition<Request, Result> {
  versions: string[]
  protocol: () => (request: Request) => Exchange<Result>
}

interface BrokerClass {
  prototype: { syncGroup: (request: GroupMember) => Promise<unknown> }
}

const UNSTABLE_RETRY_MS = 50

const NOBODY: GroupMember = { memberId: '', generationId: -1 }

const committingAs = new AsyncLocalStorage<GroupMember>()
const waitingForStable = new AsyncLocalStorage<true>()
const generations = new Map<string, number>()

/** The generation of the assignment that kafkajs has just announced to a member. */
export function memberOf(memberId: string): GroupMember {
  const generationId = generations.get(memberId)
  if (generationId === undefined) throw new Error(`${memberId} has not joined a group from this process`)
  generations.delete(memberId)
  return { memberId, generationId }
}

/**
 * Sends a transaction's offsets as a member of the group. Once the group has moved on the broker refuses them, so that
 * the transaction of a former owner cannot be committed, whatever its producer is called (KIP-447).
 */
export const sendOffsetsAs = <T>(member: GroupMember, sendOffsets: () => Promise<T>): Promise<T> =>
  committingAs.run(member, sendOffsets)

/**
 * Fetches a group's offsets once no open transaction is about to change them: until then the broker answers
 * UNSTABLE_OFFSET_COMMIT (KIP-447). It is asked again for as long as it takes: what the killed have left open is ended by brokers, which
 * take their time when they begin anew themselves.
 */
export const stableOffsets = <T>(fetchOffsets: () => Promise<T>): Promise<T> =>
  askWhile('UNSTABLE_OFFSET_COMMIT', UNSTABLE_RETRY_MS, () => waitingForStable.run(true, fetchOffsets))

/**
 * Teaches kafkajs the two requests of KIP-447 (Kafka 2.5): TxnOffsetCommit that names the member and its generation,
 * OffsetFetch that does not answer while transactions are pending. With them a process has one transaction for all its
 * partitions, instead of one for each.
 */
export function installGroupFence(): void {
  const require = createRequire(import.meta.url)
  const { requests } = require('kafkajs/src/protocol/requests') as {
    requests: {
      TxnOffsetCommit: Definition<TxnOffsetCommit, AcceptedOffsets>
      OffsetFetch: Definition<OffsetFetch, CommittedOffsets>
    }
  }
  requests.TxnOffsetCommit = {
    versions: ['3'],
    protocol: () => (request) => txnOffsetCommitV3(request, committingAs.getStore() ?? NOBODY),
  }
  requests.OffsetFetch = {
    versions: ['7'],
    protocol: () => (request) => offsetFetchV7(request, waitingForStable.getStore() ?? false),
  }

  const Broker = require('kafkajs/src/broker') as BrokerClass
  const { syncGroup } = Broker.prototype
  Broker.prototype.syncGroup = function syncAndRemember(request) {
    generations.set(request.memberId, request.generationId)
    return syncGroup.call(this, request)
  }
}
