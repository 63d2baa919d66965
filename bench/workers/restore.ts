import pino from 'pino'
import { type StateStore, connectKafka } from '../../pipelines/engine/index.ts'
import { restoreTasks } from '../../pipelines/engine/kafka/restore-tasks.ts'
import { placeFromEnv } from '../kafka.ts'
import { measure } from '../measured.ts'
import { keptIn, restoredTask } from '../restored-state.ts'

/** The state of one task, to be in memory or, by STATE_STORE, on disk: from its changelog, or from what STATE_DIR has of it. */
const { kafkaBrokers, topicPrefix } = placeFromEnv()
const log = pino({ level: 'error' })
const kafka = connectKafka({ clientId: 'bench', brokers: kafkaBrokers.split(','), tls: false, log })
const { STATE_DIR: stateDir, STATE_STORE = 'memory' } = process.env
const where = { stateDir: stateDir ?? '', stateStore: STATE_STORE as StateStore }
const stateDirectory = stateDir === undefined ? undefined : keptIn(where, kafka, topicPrefix, log)
const task = restoredTask()

await measure(async () => {
  await restoreTasks([task], { kafka, topicPrefix, stateDirectory, onProgress: () => undefined, log })
  return { rows: task.stores.values().reduce((sum, { store }) => sum + store.size, 0) }
})
