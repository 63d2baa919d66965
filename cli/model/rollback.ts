import { Command } from 'commander'
import { ModelError } from '../../pipelines/model/errors.ts'
import { loadVerified } from '../../pipelines/model/serve/load-verified.ts'
import { modelsInKafka, rolledBackMessage } from './models.ts'
import { openModels } from './versions.ts'

/** `continuo model rollback` */
export function rollbackCommand(): Command {
  return new Command('rollback')
    .summary('put the model in service again that was before')
    .addHelpText('after', '\nOnce more goes back one more, up to twenty.')
    .action(rollback)
}

async function rollback(): Promise<void> {
  const place = await openModels()
  const models = await modelsInKafka.read(place)
  const [version] = models.inService?.before ?? []
  if (version === undefined)
    throw new ModelError('no model was in service before: there is nothing to go back to')
  await loadVerified(place.store, models.named(version))
  await modelsInKafka.write(place, [rolledBackMessage(models, Date.now())])
  console.log(`${version} is in service again, in the place of ${models.inService?.version}`)
}
