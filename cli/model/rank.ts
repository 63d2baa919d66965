import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { ModelError } from '../../pipelines/model/errors.ts'
import { Interactions } from '../../pipelines/model/interactions.ts'
import { factorScorer, rankings } from '../../pipelines/model/rank.ts'
import { readListenings } from '../../pipelines/model/read-listenings.ts'
import { type TrainingFlags, trainWithBar, withTrainingFlags } from './training.ts'

interface Flags extends TrainingFlags {
  train: string
  out: string
}

const RANKS = 100

/** `continuo model rank --train FILE --out FILE` */
export function rankCommand(): Command {
  return withTrainingFlags(new Command('rank'))
    .summary('train on a file, and write what is recommended to each listener')
    .requiredOption('--train <file>', 'lines of listener,artist,plays')
    .requiredOption('--out <file>', `is written: lines of userId,rank,artistId, ${RANKS} for each listener`)
    .addHelpText(
      'after',
      '\nArtists that a listener has played are left out; of equal scores the lower id comes first.' +
        '\n\n  continuo model rank --train plays.csv --out ranking.csv',
    )
    .action(rank)
}

async function rank({ train: file, out, ...flags }: Flags): Promise<void> {
  const known = Interactions.of(await readListenings(file))
  const { found } = trainWithBar(known, flags)
  let rows = 0
  const lines = function* () {
    yield 'userId,rank,artistId\n'
    for (const { listener, artists } of rankings(known, factorScorer(found), RANKS)) {
      rows += artists.length
      yield artists.map((artist, index) => `${listener},${index + 1},${artist}\n`).join('')
    }
  }
  try {
    await pipeline(Readable.from(lines()), createWriteStream(out))
  } catch (cause) {
    throw new ModelError(`${out} cannot be written: ${(cause as Error).message}`, { cause })
  }
  console.log(
    `wrote ${out}: ${rows.toLocaleString('en')} lines for ${known.listeners.length.toLocaleString('en')} listeners`,
  )
}
