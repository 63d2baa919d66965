import pino from 'pino'
import { connectKafka } from '../../pipelines/engine/index.ts'
import { restoreTasks } from '../../pipelines/engine/kafka/restore-tasks.ts'
import { placeFromEnv } from '../kafka.ts'
import { measure } from '../measured.ts'
import { restoredTask, snapshotsIn } from '../restored-state.ts'

/** The state of one task into memory: from its changelog, or from a snapshot if STATE_DIR has one. */
const { kafkaBrokers, topicPrefix } = placeFromEnv()
const log = pino({ level: 'error' })
const kafka = connectKafka({ clientId: 'bench', brokers: kafkaBrokers.split(','), tls: false, log })
const { STATE_DIR: stateDir } = process.env
const snapshots = stateDir === undefined ? undefined : snapshotsIn(stateDir, kafka, topicPrefix, log)
let records = 0

await measure(async () => {
  const onProgress = ({ restored }: { restored: number }) => (records = restored)
  await restoreTasks([restoredTask()], { kafka, topicPrefix, snapshots, onProgress, log })
  return { rows: records }
})
