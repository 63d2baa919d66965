import { Command } from 'commander'
import type { HeldOutQuality } from '../../pipelines/model/metrics.ts'
import { counted } from '../status/text.ts'
import { CLICKHOUSE, playsFrom } from './plays-from.ts'
import { qualityTable } from './quality-table.ts'
import { type TrainingFlags, barFor, withTrainingFlags } from './training.ts'
import { LEAST_LISTENERS, makeVersion, openModels } from './versions.ts'

interface Flags extends TrainingFlags {
  from: string
}

/** `continuo model train` */
export function trainCommand(): Command {
  return withTrainingFlags(new Command('train'))
    .summary('train a model, and keep it as a version')
    .option(
      '--from <plays>',
      `${CLICKHOUSE}, or a file with lines of listener,artist,plays: how often each has played whom`,
      CLICKHOUSE,
    )
    .addHelpText(
      'after',
      '\nThe version is an ONNX file in MODEL_STORE, and a record of it in Kafka; `continuo model promote VERSION` puts it in service.' +
        '\nOne listener in ten, chosen by a hash, is held out of every training: by these a version is measured, and compared with others.' +
        '\n\n  continuo model train' +
        '\n  continuo model train --from plays.csv --factors 32',
    )
    .action(train)
}

async function train({ from, ...flags }: Flags): Promise<void> {
  const place = await openModels()
  const plays = await playsFrom(from, place.config)
  const bar = barFor(flags, plays.listenings.length)
  try {
    const { version, metadata, cpuSeconds } = await makeVersion(plays, bar.options, place)
    bar.stop()
    const { training, artists, heldOut } = metadata
    console.log(
      `trained ${version} on ${counted(training.pairs, 'pair')} of ${counted(training.listeners, 'listener')} and ` +
        `${counted(artists.length, 'artist')}, in ${cpuSeconds.toFixed(1)} s of CPU`,
    )
    console.log(heldOut === null ? UNMEASURED : measured(heldOut))
    console.log(`\nput it in service: continuo model promote ${version}`)
  } finally {
    bar.stop()
  }
}

const UNMEASURED = 'nobody is held out of whom enough is known to measure it'

const measured = ({ listeners, model, popularity }: HeldOutQuality): string =>
  `measured on ${counted(listeners, 'listener')} held out\n\n${qualityTable({ model, popularity })}` +
  (listeners < LEAST_LISTENERS ? '\n\ntoo few to tell how good it is' : '')
