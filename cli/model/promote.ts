import { Command } from 'commander'
import { directoryStore } from '../../pipelines/model/artifact/directory-store.ts'
import { ModelError } from '../../pipelines/model/errors.ts'
import { loadVerified } from '../../pipelines/model/serve/load-verified.ts'
import { commandLog } from '../command-log.ts'
import { type Config, loadConfig } from '../config.ts'
import { connectKafka } from '../kafka.ts'
import { requireServices } from '../reachable.ts'
import { counted } from '../status/text.ts'
import { type TrainedModel, modelsInKafka, servedMessage } from './models.ts'
import { CLICKHOUSE, playsFrom } from './plays-from.ts'
import { qualityTable } from './quality-table.ts'
import { compared } from './versions.ts'

interface Flags {
  from: string
  anyway: boolean
}

/** `continuo model promote VERSION` */
export function promoteCommand(): Command {
  return new Command('promote')
    .summary('put a model in service, unless it is worse than the one that is')
    .argument('<version>', 'which: as `continuo model list` has it')
    .option(
      '--from <plays>',
      `what both are compared on: ${CLICKHOUSE}, or a file as for training`,
      CLICKHOUSE,
    )
    .option('--anyway', 'without a comparison', false)
    .addHelpText(
      'after',
      '\nBoth are told four fifths of what each listener has played who was held out of training, and are to find the rest; the new one' +
        '\nmust have at least the NDCG@10 of the one in service. Running pipelines go over to it within seconds, without a stop.' +
        '\n`continuo model rollback` goes back.',
    )
    .action(promote)
}

async function promote(version: string, { from, anyway }: Flags): Promise<void> {
  const config = loadConfig()
  await requireServices(config, ['kafka'])
  const kafka = connectKafka(config, 'continuo-model', commandLog('model', config))
  const models = await modelsInKafka.read({ kafka, config })
  const candidate = models.named(version)
  const served = models.inService?.version
  if (served === version) throw new ModelError(`model ${version} is in service already`)
  if (served === undefined || anyway) await loadVerified(directoryStore(config.MODEL_DIR), candidate)
  else await requireNoWorse(candidate, models.named(served), { from, config })
  await modelsInKafka.write({ kafka, config }, [servedMessage(version, models, Date.now())])
  console.log(`${version} is in service${served === undefined ? '' : `, in the place of ${served}`}`)
}

/** @throws ModelError if the candidate is worse, or nobody is there to tell by */
async function requireNoWorse(
  candidate: TrainedModel,
  served: TrainedModel,
  { from, config }: { from: string; config: Config },
): Promise<void> {
  const plays = await playsFrom(from, config)
  const both = await compared(candidate, served, plays, config)
  if (both === undefined)
    throw new ModelError(
      `nobody in ${plays.source} is held out of training who has played enough to compare models by: add --anyway to go without`,
    )
  const { model, listeners } = both.candidate
  console.log(
    `on ${counted(listeners, 'listener')} held out\n\n` +
      `${qualityTable({ [candidate.version]: model, [`${served.version} (in service)`]: both.served.model })}\n`,
  )
  if (both.isWorse)
    throw new ModelError(
      `${candidate.version} is worse than ${served.version}, which stays in service: add --anyway to go over to it all the same`,
    )
}
