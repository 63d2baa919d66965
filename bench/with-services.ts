import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServiceName, type StackUrls, startStack } from '../stack/index.ts'
import type { BenchPlace } from './kafka.ts'

const topicPrefix = 'bench-'

/** Runs `act` on the services of `KAFKA_BROKERS` and `SCHEMA_REGISTRY_URL`, or else on some that it starts and stops. */
export async function withServices(act: (place: BenchPlace) => Promise<void>): Promise<void> {
  const { KAFKA_BROKERS: kafkaBrokers, SCHEMA_REGISTRY_URL: schemaRegistryUrl } = process.env
  if (kafkaBrokers !== undefined && schemaRegistryUrl !== undefined)
    return act({ kafkaBrokers, schemaRegistryUrl, topicPrefix })
  await withStack(['kafka', 'schemaRegistry'], (urls) =>
    act({
      kafkaBrokers: urls.kafkaBrokers ?? '',
      schemaRegistryUrl: urls.schemaRegistryUrl ?? '',
      topicPrefix,
    }),
  )
}

/** Runs `act` on services that are started for it, on free ports and without data, and stopped behind it. */
export async function withStack(
  only: readonly ServiceName[],
  act: (urls: StackUrls) => Promise<void>,
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-bench-'))
  const ports = Object.fromEntries(only.map((name) => [name, 0]))
  const stack = await startStack({ dataDir, only, ports, progress: console.log })
  try {
    await act(stack.urls)
  } finally {
    await stack.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
