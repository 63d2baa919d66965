import { Command } from 'commander'
import { ModelError } from '../../pipelines/model/errors.ts'
import { loadVerified } from '../../pipelines/model/serve/load-verified.ts'
import { counted } from '../status/text.ts'
import { type TrainedModel, modelsInKafka, servedMessage } from './models.ts'
import { CLICKHOUSE, playsFrom } from './plays-from.ts'
import { qualityTable } from './quality-table.ts'
import { LEAST_LISTENERS, compared, openModels } from './versions.ts'

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
  const place = await openModels()
  const models = await modelsInKafka.read(place)
  const candidate = models.named(version)
  const served = models.inService?.version
  if (served === version) throw new ModelError(`model ${version} is in service already`)
  if (served === undefined || anyway) await loadVerified(place.store, candidate)
  else await requireNoWorse(candidate, models.named(served), { from, place })
  await modelsInKafka.write(place, [servedMessage(version, models, Date.now())])
  console.log(`${version} is in service${served === undefined ? '' : `, in the place of ${served}`}`)
}

/** @throws ModelError if the candidate is worse, or nobody is there to tell by */
async function requireNoWorse(
  candidate: TrainedModel,
  served: TrainedModel,
  { from, place }: { from: string; place: Awaited<ReturnType<typeof openModels>> },
): Promise<void> {
  const plays = await playsFrom(from, place.config)
  const both = await compared(candidate, served, plays, place.store)
  if (both === undefined)
    throw new ModelError(
      `fewer than ${LEAST_LISTENERS} in ${plays.source} are held out of training and have played enough to compare models by: add --anyway to go without`,
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
