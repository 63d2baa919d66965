import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import '../../../../pipelines/engine/kafka/client.ts'
import { until } from '../../../kit/until.ts'

const load = createRequire(import.meta.url)
const Broker = load('kafkajs/src/broker') as new (options: object) => { lookupRequest: unknown }
const { lookup } = load('kafkajs/src/protocol/requests') as { lookup: (versions: object) => unknown }
const createSendMessages = load('kafkajs/src/producer/sendMessages') as (
  parts: object,
) => (request: object) => Promise<unknown>
const createRetry = load('kafkajs/src/retry') as (options: object) => unknown
const { createErrorFromCode } = load('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error
}

const CONCURRENT_TRANSACTIONS = 51
const NOT_LEADER_FOR_PARTITION = 6

/** Versions of Produce (0), InitProducerId, AddPartitionsToTxn (24) and AddOffsetsToTxn (25) that kafkajs speaks. */
const versions = Object.fromEntries([0, 22, 24, 25].map((key) => [key, { minVersion: 0, maxVersion: 3 }]))
const logger = { namespace: () => logger, debug: () => undefined, error: () => undefined }

/** A broker, of which `answer` says what each request gets, by its name. */
function brokerOf(nodeId: number, answer: (apiName: string) => Promise<unknown>) {
  const connectionPool = {
    host: `broker-${nodeId}`,
    port: 9092,
    connectionTimeout: 1_000,
    send: ({ request }: { request: { apiName: string } }) => answer(request.apiName),
  }
  const broker = new Broker({ connectionPool, logger, nodeId, versions })
  broker.lookupRequest = lookup(versions)
  return broker
}

/** Sends one record to each of two brokers in a transaction, as kafkajs does. */
function sendToBoth(brokers: Record<number, ReturnType<typeof brokerOf>>) {
  const sequences = new Map<number, number>()
  const eosManager = {
    acquireBrokerLock: () => Promise.resolve(),
    releaseBrokerLock: () => undefined,
    isTransactional: () => true,
    getTransactionalId: () => 'id',
    getProducerId: () => '1',
    getProducerEpoch: () => 0,
    getSequence: (_topic: string, partition: number) => sequences.get(partition) ?? 0,
    updateSequence: (_topic: string, partition: number, by: number) =>
      sequences.set(partition, (sequences.get(partition) ?? 0) + by),
    addPartitionsToTransaction: (topics: object[]) =>
      (brokers[1] as unknown as Record<string, (request: object) => Promise<unknown>>)['addPartitionsToTxn']!(
        {
          transactionalId: 'id',
          producerId: '1',
          producerEpoch: 0,
          topics,
        },
      ),
  }
  const cluster = {
    isConnected: () => true,
    refreshMetadata: () => Promise.resolve(),
    refreshMetadataIfNecessary: () => Promise.resolve(),
    addMultipleTargetTopics: () => Promise.resolve(),
    findTopicPartitionMetadata: () => [{ partitionId: 0 }, { partitionId: 1 }],
    findLeaderForPartitions: () => ({ 1: [0], 2: [1] }),
    findBroker: ({ nodeId }: { nodeId: string }) => Promise.resolve(brokers[Number(nodeId)]),
  }
  const retrier = createRetry({ initialRetryTime: 1, maxRetryTime: 1, retries: 5 })
  const partitioner = ({ message }: { message: { partition: number } }) => message.partition
  const send = createSendMessages({ logger, cluster, partitioner, eosManager, retrier })
  const messages = [0, 1].map((partition) => ({ partition, value: Buffer.from('v') }))
  return send({ acks: -1, timeout: 1_000, topicMessages: [{ topic: 'plays', messages }] })
}

const produced = { topics: [] }

test('a broker that fails ends the transaction: what is under way to another is not sent twice', async () => {
  const sent = { 1: 0, 2: 0 }
  const slow = Promise.withResolvers<unknown>()
  const failing = brokerOf(1, (apiName) => {
    if (apiName !== 'Produce') return Promise.resolve({ errors: [] })
    sent[1] += 1
    return Promise.reject(createErrorFromCode(NOT_LEADER_FOR_PARTITION))
  })
  const other = brokerOf(2, (apiName) => {
    if (apiName !== 'Produce') return Promise.resolve({ errors: [] })
    sent[2] += 1
    return slow.promise
  })
  await assert.rejects(
    sendToBoth({ 1: failing, 2: other }),
    ({ cause }: Error) => (cause as { type: string }).type === 'NOT_LEADER_FOR_PARTITION',
  )
  slow.resolve(produced)
  assert.deepEqual(sent, { 1: 1, 2: 1 })
})

test('the transaction before it is waited for, while nothing is sent twice', async () => {
  const sent = { 1: 0, 2: 0 }
  let asked = 0
  const one = brokerOf(1, (apiName) => {
    if (apiName === 'Produce') sent[1] += 1
    else if (++asked < 4) return Promise.reject(createErrorFromCode(CONCURRENT_TRANSACTIONS))
    return Promise.resolve(produced)
  })
  const other = brokerOf(2, () => {
    sent[2] += 1
    return Promise.resolve(produced)
  })
  await sendToBoth({ 1: one, 2: other })
  await until(() => asked >= 4, { what: 'the coordinator to be asked again' })
  assert.deepEqual(sent, { 1: 1, 2: 1 })
})
