import { Command } from 'commander'
import { ModelError } from '../../pipelines/model/errors.ts'
import { qualityOn } from '../../pipelines/model/evaluate.ts'
import { Interactions } from '../../pipelines/model/interactions.ts'
import type { Quality } from '../../pipelines/model/metrics.ts'
import { factorScorer, popularityScorer } from '../../pipelines/model/rank.ts'
import { readListenings } from '../../pipelines/model/read-listenings.ts'
import { LEAST_ARTISTS, splitByHash } from '../../pipelines/model/split.ts'
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
    .argument('<file>', 'lines of listener,artist,plays')
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
        '\nof listener and artist, so it is the same each time. Choose settings with --validation, and look without it once.' +
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
  const known = Interactions.of(train)
  const { found, cpuSeconds } = trainWithBar(known, flags)
  const figures: Figures = {
    listeners: known.listeners.length,
    artists: known.artists.length,
    ...{ train: train.length, test: test.length, cpuSeconds },
    model: qualityOn(known, test, factorScorer(found)),
    popularity: qualityOn(known, test, popularityScorer(known)),
  }
  console.log(flags.json ? JSON.stringify(figures) : textOf(figures))
}

interface Figures {
  listeners: number
  artists: number
  train: number
  test: number
  cpuSeconds: number
  model: Quality
  popularity: Quality
}

const textOf = ({ listeners, artists, train, test, cpuSeconds, model, popularity }: Figures): string =>
  [
    `${count(listeners)} listeners and ${count(artists)} artists: ${count(train)} rows to train on, ${count(test)} held back`,
    `trained in ${cpuSeconds.toFixed(1)} s of CPU`,
    '',
    '            NDCG@10  recall@20     MRR',
    lineOf('model', model),
    lineOf('popularity', popularity),
  ].join('\n')

const count = (number: number): string => number.toLocaleString('en')

const lineOf = (name: string, { ndcgAt10, recallAt20, mrr }: Quality): string =>
  `${name.padEnd(12)} ${ndcgAt10.toFixed(4)}     ${recallAt20.toFixed(4)}  ${mrr.toFixed(4)}`
