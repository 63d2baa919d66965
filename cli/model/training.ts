import { availableParallelism } from 'node:os'
import progress from 'cli-progress'
import { type Command, InvalidArgumentError } from 'commander'
import { withCpuSeconds } from '../../pipelines/model/cpu-seconds.ts'
import {
  type Embeddings,
  type TrainingOptions,
  train,
  trainingDefaults,
} from '../../pipelines/model/ials/train.ts'
import type { Interactions } from '../../pipelines/model/interactions.ts'
import { numberOf, whole } from '../options.ts'
import { count } from '../status/text.ts'

export interface TrainingFlags {
  factors: number
  sweeps: number
  regularisation: number
  unobserved: number
  seed: number
  threads?: number
}

const MOST_FACTORS = 1_024
const MOST_SWEEPS = 1_000
const MOST_THREADS = 256
/** From so many pairs of a listener and an artist on it is worth to have more than one thread. */
const MANY_PAIRS = 500_000

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
    .option(
      '--threads <n>',
      `which changes the model in nothing; default: 1, and as many as there are processors for ${count(MANY_PAIRS)} pairs or more`,
      whole(MOST_THREADS),
    )

/** Trains, on a terminal with a bar that grows by the sweep. Answers the seconds of CPU, too. */
export async function trainWithBar(
  plays: Interactions,
  flags: TrainingFlags,
): Promise<{ found: Embeddings; cpuSeconds: number }> {
  const bar = barFor(flags, plays.byListener.values.length)
  try {
    const { result: found, cpuSeconds } = await withCpuSeconds(() => train(plays, bar.options))
    return { found, cpuSeconds }
  } finally {
    bar.stop()
  }
}

/** What a training of so many pairs is told, and a bar that grows with it until it is stopped. */
export function barFor(
  { factors, sweeps, regularisation, unobserved, seed, threads }: TrainingFlags,
  pairs: number,
): { options: TrainingOptions; stop(): void } {
  const bar = new progress.SingleBar({
    format: 'training {bar} {value} of {total} sweeps',
    clearOnComplete: true,
  })
  bar.start(sweeps, 0)
  return {
    options: {
      ...trainingDefaults,
      factors,
      sweeps,
      regularisation,
      unobserved,
      seed,
      threads: threads ?? (pairs < MANY_PAIRS ? 1 : availableParallelism()),
      onSweep: (done) => {
        bar.update(done)
      },
    },
    stop: () => {
      bar.stop()
    },
  }
}

function positive(text: string): number {
  const value = numberOf(text)
  if (value === 0) throw new InvalidArgumentError('Give a number of more than 0.')
  return value
}
