import progress from 'cli-progress'
import { type Command, InvalidArgumentError } from 'commander'
import { type Embeddings, train, trainingDefaults } from '../../pipelines/model/ials/train.ts'
import type { Interactions } from '../../pipelines/model/interactions.ts'
import { numberOf, whole } from '../options.ts'

export interface TrainingFlags {
  factors: number
  sweeps: number
  regularisation: number
  unobserved: number
  seed: number
}

const MOST_FACTORS = 1_024
const MOST_SWEEPS = 1_000

/** What a training can be told. */
export const withTrainingFlags = (command: Command): Command =>
  command
    .option(
      '--factors <n>',
      'numbers in the vector of a listener or an artist',
      whole(MOST_FACTORS),
      trainingDefaults.factors,
    )
    .option(
      '--sweeps <n>',
      'how often all vectors are found anew',
      whole(MOST_SWEEPS),
      trainingDefaults.sweeps,
    )
    .option('--regularisation <λ>', 'how short vectors are kept', positive, trainingDefaults.regularisation)
    .option(
      '--unobserved <α>',
      'how much it says that an artist has not been played, beside 1 for a usual number of plays',
      positive,
      trainingDefaults.unobserved,
    )
    .option('--seed <n>', 'the same seed makes the same model', whole(), trainingDefaults.seed)

/** Trains, on a terminal with a bar that grows by the sweep. Answers the seconds of CPU, too. */
export function trainWithBar(
  plays: Interactions,
  { factors, sweeps, regularisation, unobserved, seed }: TrainingFlags,
): { found: Embeddings; cpuSeconds: number } {
  const bar = new progress.SingleBar({
    format: 'training {bar} {value} of {total} sweeps',
    clearOnComplete: true,
  })
  const before = process.cpuUsage()
  bar.start(sweeps, 0)
  try {
    const found = train(plays, {
      ...trainingDefaults,
      ...{ factors, sweeps, regularisation, unobserved, seed },
      onSweep: (done) => {
        bar.update(done)
      },
    })
    const { user, system } = process.cpuUsage(before)
    return { found, cpuSeconds: (user + system) / 1e6 }
  } finally {
    bar.stop()
  }
}

function positive(text: string): number {
  const value = numberOf(text)
  if (value === 0) throw new InvalidArgumentError('Give a number of more than 0.')
  return value
}
