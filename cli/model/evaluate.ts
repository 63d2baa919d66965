import { Command } from 'commander'
import { ModelError } from '../../pipelines/model/errors.ts'
import { qualityOn } from '../../pipelines/model/evaluate.ts'
import { interactionsOf } from '../../pipelines/model/interactions.ts'
import type { Quality } from '../../pipelines/model/metrics.ts'
import { embeddingScorer, popularityScorer } from '../../pipelines/model/rank.ts'
import { readListenings } from '../../pipelines/model/read-listenings.ts'
import { LEAST_ARTISTS, splitByHash } from '../../pipelines/model/split.ts'
import { count } from '../status/text.ts'
import { qualityTable } from './quality-table.ts'
import { type TrainingFlags, trainWithBar, withTrainingFlags } from './training.ts'

interface Flags extends TrainingFlags {
  validation: boolean
  json: boolean
}

const VALIDATION_SALT = 'val:'

/** `continuo model evaluate FILE` */
export function evaluateCommand(): Command {
  return withTrainingFlags(new Command('evaluate'))
    .summary(
      'hold back a fifth of the artists of each listener, and see whether a model of the rest finds them',
    )
    .argument('<file>', 'lines of listener,artist,plays: how often each has played whom')
    .option(
      '--validation',
      'of what a model is trained on hold back a fifth again, to choose settings by',
      false,
    )
    .option('--json', 'the figures as one line of JSON', false)
    .addHelpText(
      'after',
      '\nNDCG@10, recall@20 and MRR (of the first hundred ranks) are means over the listeners of whom something was held back, and' +
        '\nstand beside those of the list that is the same for all: the most popular artists. What is held back is chosen by a hash' +
        '\nof listener and artist, so it is the same each time. Choose settings with --validation, and look without it once:' +
        '\nwith it figures are lower, for what was held back first is among the artists that can be named, and counts as a miss.' +
        '\n\n  continuo model evaluate plays.csv --validation --factors 32',
    )
    .action(evaluate)
}

async function evaluate(file: string, flags: Flags): Promise<void> {
  const whole = splitByHash(await readListenings(file))
  const { train, test } = flags.validation ? splitByHash(whole.train, VALIDATION_SALT) : whole
  if (test.length === 0)
    throw new ModelError(
      `${file} cannot be evaluated: nobody in it has ${LEAST_ARTISTS} artists, of whom a fifth could be held back`,
    )
  const plays = interactionsOf(train)
  const { found, cpuSeconds } = await trainWithBar(plays, flags)
  const figures: Figures = {
    listeners: plays.listeners.length,
    artists: plays.artists.length,
    testListeners: new Set(test.map(({ listener }) => listener)).size,
    train: train.length,
    test: test.length,
    cpuSeconds,
    model: qualityOn(plays, test, embeddingScorer(found)),
    popularity: qualityOn(plays, test, popularityScorer(plays)),
  }
  console.log(flags.json ? JSON.stringify(figures) : textOf(figures))
}

interface Figures {
  listeners: number
  artists: number
  /** Of how many listeners something was held back. */
  testListeners: number
  /** Pairs of a listener and an artist that it was trained on. */
  train: number
  /** Those that were held back. */
  test: number
  cpuSeconds: number
  model: Quality
  popularity: Quality
}

const textOf = ({ model, popularity, cpuSeconds, ...counts }: Figures): string =>
  [
    `trained on ${count(counts.train)} pairs of ${count(counts.listeners)} listeners and ${count(counts.artists)} artists, in ${cpuSeconds.toFixed(1)} s of CPU`,
    `looked for ${count(counts.test)} pairs of ${count(counts.testListeners)} listeners`,
    '',
    qualityTable({ model, popularity }),
  ].join('\n')
