import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import '../../../../pipelines/engine/kafka/client.ts'
import { withAdmin } from '../../../../pipelines/engine/kafka/admin.ts'

const load = createRequire(import.meta.url)
const Cluster = load('kafkajs/src/cluster') as { prototype: { metadata: (this: object) => Promise<unknown> } }
const createAdmin = load('kafkajs/src/admin') as (parts: object) => never
const logger = { namespace: () => logger, debug: () => undefined }

test('brokers that cannot be asked for metadata are asked again', async () => {
  let asked = 0
  const answer = { topicMetadata: [], brokers: [] }
  const cluster = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    retrier: (attempt: (bail: (error: Error) => never) => Promise<unknown>) =>
      attempt((error) => {
        throw error
      }),
    brokerPool: {
      refreshMetadataIfNecessary: () => Promise.resolve(),
      // What kafkajs answers when each broker has failed.
      withBroker: () => Promise.resolve(++asked < 3 ? null : answer),
    },
    metadata: Cluster.prototype.metadata,
  }
  const kafka = { admin: () => createAdmin({ cluster, logger }) }
  const found = await withAdmin(kafka as never, (admin) => admin.listTopics())
  assert.deepEqual([asked, found], [3, []])
})
