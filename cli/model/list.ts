import { Command } from 'commander'
import { isoTime } from '../as-json.ts'
import { columns, count } from '../status/text.ts'
import { type Models, type TrainedModel, modelsInKafka } from './models.ts'
import { cellsOf } from './quality-table.ts'
import { openModels } from './versions.ts'

/** `continuo model list` */
export function listCommand(): Command {
  return new Command('list')
    .summary('which models there are, the newest first, and which is in service')
    .option('--json', 'a line of JSON for each', false)
    .addHelpText(
      'after',
      '\nNDCG@10, recall@20 and MRR are for listeners who were held out of its training; a – is for one that could not be measured.' +
        '\nThose of two models were measured on what there was when each was trained: `continuo model promote` compares them on the same.',
    )
    .action(list)
}

async function list({ json }: { json: boolean }): Promise<void> {
  const place = await openModels()
  const models = await modelsInKafka.read(place)
  const { trained } = models
  if (json) for (const each of trained) console.log(lineOf(each, models))
  else console.log(trained.length === 0 ? NONE : tableOf(models))
}

const NONE = 'there is no model yet: `continuo model train` makes one'

const lineOf = ({ trainedAt, ...model }: TrainedModel, { inService }: Models): string =>
  JSON.stringify({
    ...model,
    trainedAt: isoTime(trainedAt),
    inService: model.version === inService?.version,
  })

function tableOf({ trained, inService }: Models): string {
  const head = ['', 'model', 'from', 'listeners', 'artists', 'pairs', 'NDCG@10', 'recall@20', 'MRR']
  const rows = trained.map(({ version, training, artists, heldOut }) => [
    version === inService?.version ? '●' : ' ',
    version,
    training.source,
    ...[training.listeners, artists, training.pairs].map(count),
    ...(heldOut === null ? ['–', '–', '–'] : cellsOf(heldOut.model)),
  ])
  const served = inService === undefined ? 'none is in service' : `● in service`
  return [...columns(head, rows), '', served].join('\n')
}
