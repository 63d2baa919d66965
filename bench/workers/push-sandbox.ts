import { parentPort, workerData } from 'node:worker_threads'
import { startPushSandbox } from '../../gateway/push/sandbox/sandbox.ts'

export interface PushSandboxData {
  latencyMs: number
  devices: number
}

/** A push service on a thread of its own, so that what it costs is not the sender's. */
const { latencyMs, devices } = workerData as PushSandboxData
const sandbox = await startPushSandbox({ latencyMs })
const { origin, ca } = sandbox
parentPort!.postMessage({
  origin,
  ca,
  devices: Array.from({ length: devices }, () => sandbox.subscribe()),
})
