import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack } from '../stack/index.ts'
import type { BenchPlace } from './kafka.ts'

const topicPrefix = 'bench-'

/** Runs `act` on the services of `KAFKA_BROKERS` and `SCHEMA_REGISTRY_URL`, or else on some that it starts and stops. */
export async function withServices(act: (place: BenchPlace) => Promise<void>): Promise<void> {
  const { KAFKA_BROKERS: kafkaBrokers, SCHEMA_REGISTRY_URL: schemaRegistryUrl } = process.env
  if (kafkaBrokers !== undefined && schemaRegistryUrl !== undefined)
    return act({ kafkaBrokers, schemaRegistryUrl, topicPrefix })
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-bench-'))
  const stack = await startStack({
    dataDir,
    only: ['kafka', 'schemaRegistry'],
    ports: { kafka: 0, schemaRegistry: 0 },
    progress: console.log,
  })
  try {
    const { urls } = stack
    await act({
      kafkaBrokers: urls.kafkaBrokers ?? '',
      schemaRegistryUrl: urls.schemaRegistryUrl ?? '',
      topicPrefix,
    })
  } finally {
    await stack.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
