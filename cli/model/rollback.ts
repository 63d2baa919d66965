import { Command } from 'commander'
import { directoryStore } from '../../pipelines/model/artifact/directory-store.ts'
import { ModelError } from '../../pipelines/model/errors.ts'
import { loadVerified } from '../../pipelines/model/serve/load-verified.ts'
import { commandLog } from '../command-log.ts'
import { loadConfig } from '../config.ts'
import { connectKafka } from '../kafka.ts'
import { requireServices } from '../reachable.ts'
import { modelsInKafka, rolledBackMessage } from './models.ts'

/** `continuo model rollback` */
export function rollbackCommand(): Command {
  return new Command('rollback')
    .summary('put the model in service again that was before')
    .addHelpText('after', '\nOnce more goes back one more, up to twenty.')
    .action(rollback)
}

async function rollback(): Promise<void> {
  const config = loadConfig()
  await requireServices(config, ['kafka'])
  const kafka = connectKafka(config, 'continuo-model', commandLog('model', config))
  const models = await modelsInKafka.read({ kafka, config })
  const [version] = models.inService?.before ?? []
  if (version === undefined)
    throw new ModelError('no model was in service before: there is nothing to go back to')
  await loadVerified(directoryStore(config.MODEL_DIR), models.named(version))
  await modelsInKafka.write({ kafka, config }, [rolledBackMessage(models, Date.now())])
  console.log(`${version} is in service again, in the place of ${models.inService?.version}`)
}
