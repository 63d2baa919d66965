import { type WriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { ModelError } from '../../pipelines/model/errors.ts'
import { interactionsOf } from '../../pipelines/model/interactions.ts'
import { RANKS } from '../../pipelines/model/metrics.ts'
import { embeddingScorer, rankings } from '../../pipelines/model/rank.ts'
import { readListenings } from '../../pipelines/model/read-listenings.ts'
import { counted } from '../status/text.ts'
import { type TrainingFlags, trainWithBar, withTrainingFlags } from './training.ts'

interface Flags extends TrainingFlags {
  train: string
  out: string
}

/** `continuo model rank --train FILE --out FILE` */
export function rankCommand(): Command {
  return withTrainingFlags(new Command('rank'))
    .summary('train on a file, and write what is recommended to each listener')
    .requiredOption('--train <file>', 'lines of listener,artist,plays: how often each has played whom')
    .requiredOption(
      '--out <file>',
      `is written: lines of userId,rank,artistId, up to ${RANKS} for each listener`,
    )
    .addHelpText(
      'after',
      '\nArtists that a listener has played are left out; of equal scores the lower id comes first.' +
        '\n\n  continuo model rank --train plays.csv --out ranking.csv',
    )
    .action(rank)
}

async function rank({ train: file, out, ...flags }: Flags): Promise<void> {
  const plays = interactionsOf(await readListenings(file))
  const output = await writable(out)
  const { found } = await trainWithBar(plays, flags)
  let rows = 0
  await pipeline(function* () {
    yield 'userId,rank,artistId\n'
    for (const { listener, artists } of rankings(plays, embeddingScorer(found), RANKS)) {
      rows += artists.length
      yield artists.map((artist, index) => `${listener},${index + 1},${artist}\n`).join('')
    }
  }, output)
  console.log(`wrote ${out}: ${counted(rows, 'line')} for ${counted(plays.listeners.length, 'listener')}`)
}

/** Opened before the training, which takes its time. @throws ModelError */
async function writable(path: string): Promise<WriteStream> {
  try {
    return (await open(path, 'w')).createWriteStream()
  } catch (cause) {
    throw new ModelError(`${path} cannot be written: ${(cause as Error).message}`, { cause })
  }
}
