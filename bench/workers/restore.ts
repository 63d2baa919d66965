import pino from 'pino'
import { connectKafka } from '../../pipelines/engine/index.ts'
import { restoreTasks } from '../../pipelines/engine/kafka/restore-tasks.ts'
import { placeFromEnv } from '../kafka.ts'
import { measure } from '../measured.ts'
import { restoredTask } from '../restored-state.ts'

/** The state of one task, from its changelog into memory. */
const { kafkaBrokers, topicPrefix } = placeFromEnv()
const log = pino({ level: 'error' })
const kafka = connectKafka({ clientId: 'bench', brokers: kafkaBrokers.split(','), tls: false, log })
let records = 0

await measure(async () => {
  const onProgress = ({ restored }: { restored: number }) => (records = restored)
  await restoreTasks([restoredTask()], { kafka, topicPrefix, snapshots: undefined, onProgress, log })
  return { rows: records }
})
