import progress from 'cli-progress'
import { type Command, InvalidArgumentError } from 'commander'
import type { Factors } from '../../pipelines/model/ials/train.ts'
import { train, trainingDefaults } from '../../pipelines/model/ials/train.ts'
import type { Interactions } from '../../pipelines/model/interactions.ts'

export interface TrainingFlags {
  factors: number
  sweeps: number
  seed: number
}

/** What can be said of a training. */
export const withTrainingFlags = (command: Command): Command =>
  command
    .option(
      '--factors <n>',
      'numbers in the vector of a listener or an artist',
      whole,
      trainingDefaults.factors,
    )
    .option('--sweeps <n>', 'how often all vectors are found anew', whole, trainingDefaults.sweeps)
    .option('--seed <n>', 'the same seed makes the same model', whole, trainingDefaults.seed)

/** Trains with a bar that grows by the sweep, on a terminal. Answers the seconds of CPU, too. */
export function trainWithBar(
  known: Interactions,
  { factors, sweeps, seed }: TrainingFlags,
): { found: Factors; cpuSeconds: number } {
  const bar = new progress.SingleBar({
    format: 'training {bar} {value} of {total} sweeps',
    hideCursor: true,
    clearOnComplete: true,
    noTTYOutput: false,
  })
  const before = process.cpuUsage()
  bar.start(sweeps, 0)
  const found = train(known, {
    ...trainingDefaults,
    factors,
    sweeps,
    seed,
    onSweep: (done) => bar.update(done),
  })
  bar.stop()
  const { user, system } = process.cpuUsage(before)
  return { found, cpuSeconds: (user + system) / 1e6 }
}

const MOST = 1_024

function whole(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > MOST)
    throw new InvalidArgumentError(`Give a whole number of 1 to ${MOST}.`)
  return value
}
