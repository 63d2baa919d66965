import { parentPort, workerData } from 'node:worker_threads'
import { type Task, type Workplace, solveRows } from './half-sweep.ts'

/** A thread that finds vectors, and says when it has. */
parentPort!.on('message', (task: Task) => {
  solveRows(workerData as Workplace, task)
  parentPort!.postMessage('done')
})
