import type { Topology } from '../../pipelines/engine/index.ts'
import type { KafkaRoom } from './kafka-room.ts'
import { afterEachStep } from './steps-of-transactions.ts'

class Crash extends Error {
  override readonly name = 'Crash'
}

/**
 * Topologies of a room that fail amid a transaction, in this process: each is run until so many steps of transactions have
 * been taken – rows sent, offsets sent, committed –, which what is to be done must be enough for; then it is stopped. After a commit
 * it would go on: it asks the group what became of it.
 */
export function crashing(room: KafkaRoom): (topology: Topology, steps: number) => Promise<void> {
  let left = 0
  let onCrash: (crash: Crash) => void = () => undefined
  afterEachStep(room.kafka, () => {
    if (left === 0 || --left > 0) return
    const crash = new Crash()
    onCrash(crash)
    throw crash
  })
  return async (topology, steps) => {
    const crashed = Promise.withResolvers<unknown>()
    left = steps
    onCrash = crashed.resolve
    // It may crash before it is known to run; why it does not run at all is an error as well.
    const running = await room.run(topology, crashed.resolve).catch(crashed.resolve)
    const error = await crashed.promise
    await running?.stop()
    if (!(error instanceof Crash)) throw error
  }
}
