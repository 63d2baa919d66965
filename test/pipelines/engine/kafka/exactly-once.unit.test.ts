import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kafka } from 'kafkajs'
import { pino } from 'pino'
import { installErrorNames } from '../../../../pipelines/engine/kafka/error-names.ts'
import { ExactlyOnce } from '../../../../pipelines/engine/kafka/exactly-once.ts'
import { createErrorFromCode } from '../../../../pipelines/engine/kafka/protocol.ts'
import { NotCommitted } from '../../../../pipelines/engine/kafka/refusals.ts'

installErrorNames()

interface Offset {
  partition: number
  offset: string
  metadata?: string | null
}

interface Fate {
  /** What the broker answers to the offsets of a transaction, and to its commit. */
  sendOffsets?: () => void
  commit?: () => void
  /** Whether the transaction is committed all the same. */
  counts?: boolean
  /** What others have committed since. */
  since?: Offset[]
}

/** A group whose transactions have this fate. */
function groupOf(fate: Fate) {
  const committed = new Map<number, Offset>()
  const ids: string[] = []
  const transaction = () => {
    let offsets: Offset[] = []
    return Promise.resolve({
      async sendOffsets({ topics }: { topics: { partitions: Offset[] }[] }) {
        await Promise.resolve(fate.sendOffsets?.())
        offsets = topics.flatMap(({ partitions }) => partitions)
      },
      async commit() {
        if (fate.counts !== false) for (const each of offsets) committed.set(each.partition, each)
        for (const each of fate.since ?? []) committed.set(each.partition, each)
        await Promise.resolve(fate.commit?.())
      },
      abort: () => Promise.resolve(),
    })
  }
  const connection = { connect: () => Promise.resolve(), disconnect: () => Promise.resolve() }
  const kafka = {
    producer({ transactionalId }: { transactionalId: string }) {
      ids.push(transactionalId)
      return { ...connection, transaction }
    },
    admin: () => ({
      ...connection,
      fetchOffsets: () => Promise.resolve([{ topic: 'plays', partitions: [...committed.values()] }]),
    }),
  } as unknown as Kafka
  const delivery = new ExactlyOnce({
    kafka,
    topicPrefix: '',
    transactionalId: (lowest) => `id.${lowest}`,
    log: pino({ level: 'silent' }),
  })
  const commit = () =>
    delivery.commit({
      lowest: 0,
      outgoing: [],
      offsets: {
        groupId: 'group',
        member: { memberId: 'm', generationId: 1 },
        offsets: [0, 1].map((partition) => ({ topic: 'plays', partition, offset: 7n })),
      },
    })
  return { commit, ids }
}

function failWith(code: number): () => never {
  return () => {
    throw createErrorFromCode(code)
  }
}

const refusedBy = (refusal: string) => (error: unknown) =>
  error instanceof NotCommitted && error.refusal === refusal

const broken = () => {
  throw Object.assign(new Error('connection closed'), { retriable: true })
}

test('a commit that has not been answered, but is there, is not made again', async () => {
  const { commit, ids } = groupOf({ commit: broken })
  await commit()
  assert.deepEqual(ids, ['id.0', 'id.0'], 'the next producer ends what may be open')
})

test('a commit that has not been answered and is not there is made again', async () => {
  const { commit } = groupOf({ commit: broken, counts: false })
  await assert.rejects(commit(), refusedBy('brokers'))
})

const fenced: [string, number][] = [
  ['INVALID_PRODUCER_EPOCH', 47],
  ['INVALID_TXN_STATE', 48],
  ['INVALID_PRODUCER_ID_MAPPING', 49],
  ['PRODUCER_FENCED', 90],
]
for (const [name, code] of fenced) {
  test(`who is fenced amid a commit (${name}) takes it for made only if it is, and takes nothing back`, async () => {
    const made = groupOf({ commit: failWith(code) })
    await made.commit()
    const unmade = groupOf({ commit: failWith(code), counts: false })
    await assert.rejects(unmade.commit(), refusedBy('id'))
    // The id is another's: to ask for it would fence that one.
    assert.deepEqual([made.ids, unmade.ids], [['id.0'], ['id.0']])
  })
}

test('what others have committed since, at the same place, is not taken for its own', async () => {
  const theirs = { offset: '7', metadata: 'another process:1' }
  const [one, other] = [
    { partition: 0, ...theirs },
    { partition: 1, ...theirs },
  ]
  const { commit } = groupOf({ commit: broken, counts: false, since: [one, other] })
  await assert.rejects(commit(), refusedBy('brokers'))
  // One of its partitions has been lost, and the new owner has gone on; in the other is what it has committed.
  await groupOf({ commit: broken, since: [one] }).commit()
})

const refusals: [string, number, string][] = [
  ['ILLEGAL_GENERATION', 22, 'group'],
  ['UNKNOWN_MEMBER_ID', 25, 'group'],
  ['REBALANCE_IN_PROGRESS', 27, 'group'],
  ['FENCED_INSTANCE_ID', 82, 'group'],
  ['INVALID_PRODUCER_EPOCH', 47, 'id'],
  ['INVALID_TXN_STATE', 48, 'id'],
  ['PRODUCER_FENCED', 90, 'id'],
  ['REQUEST_TIMED_OUT', 7, 'brokers'],
  ['GROUP_LOAD_IN_PROGRESS', 14, 'brokers'],
  ['GROUP_COORDINATOR_NOT_AVAILABLE', 15, 'brokers'],
  ['NOT_COORDINATOR_FOR_GROUP', 16, 'brokers'],
  ['NOT_ENOUGH_REPLICAS', 19, 'brokers'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', 45, 'brokers'],
  ['UNKNOWN_PRODUCER_ID', 59, 'brokers'],
  ['TRANSACTION_ABORTABLE', 120, 'brokers'],
]
for (const [name, code, refusal] of refusals) {
  test(`${name} is refused by the ${refusal}, and may be tried again`, async () => {
    const error = createErrorFromCode(code) as Error & { type?: string }
    assert.equal(error.type, name)
    const { commit } = groupOf({ sendOffsets: failWith(code), counts: false })
    await assert.rejects(commit(), refusedBy(refusal))
  })
}

test('what no other time makes better ends the process', async () => {
  const { commit } = groupOf({ sendOffsets: failWith(30), counts: false })
  await assert.rejects(commit(), { type: 'GROUP_AUTHORIZATION_FAILED' })
})
