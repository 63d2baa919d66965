import { Argument, Command, InvalidArgumentError } from 'commander'
import { type RunningTopology, topologyMetrics } from '../pipelines/engine/index.ts'
import { topologies } from '../pipelines/topologies/index.ts'
import { connectKafka } from './kafka.ts'
import { type KeyFlags, withKeyFlags } from './keys.ts'
import { servedModelFor } from './model/served-model.ts'
import { modelsPlace } from './model/versions.ts'
import { type Role, type Surroundings, runProcess } from './process.ts'
import { keysOf, startTopology, topologyToRun } from './start-topology.ts'
import { publishStatus } from './status/publish-status.ts'
import { versionsInKafka } from './versions/versions-in-kafka.ts'

const names = Object.keys(topologies)

/** `continuo run [TOPOLOGY…]` */
export function runCommand(): Command {
  return withKeyFlags(new Command('run'))
    .addArgument(
      new Argument('[topology...]', 'which').choices(names).default(names, 'all').argParser(addTopology),
    )
    .addHelpText(
      'after',
      '\nOf each it runs the version that is in service when it starts: see `continuo backfill`.',
    )
    .action(async (chosen: string[], flags: KeyFlags) => {
      const keys = await keysOf(chosen, flags)
      const start = async ({ config, log, metrics, crash }: Surroundings): Promise<Role> => {
        const running: RunningTopology[] = []
        const kafka = connectKafka(config, 'continuo-status', log)
        const served = await servedModelFor(chosen, { ...modelsPlace(kafka, config), log, crash })
        const around = { config, keys, served, metrics: topologyMetrics(metrics), crash, log }
        const published = publishStatus({ config, running: () => running, log, kafka })
        const versions = await versionsInKafka.read({ kafka, config })
        await Promise.all(
          chosen.map(async (topology) => {
            const which = topologyToRun({ topology, version: versions.inService(topology) }, around)
            running.push(await startTopology(which, around))
          }),
        )
        return {
          ready: () => running.every((each) => each.ready()),
          status: () => running.map((each) => each.status()),
          stop: async () => {
            await Promise.all(running.map((each) => each.stop()))
            await Promise.all([published.stop(), served.stop()])
          },
        }
      }
      return runProcess('run', start, { epoch: keys.epoch })
    })
}

function addTopology(name: string, before: string[]): string[] {
  if (!names.includes(name)) {
    throw new InvalidArgumentError(
      `Allowed choices are ${names.join(', ')}; a new one is named in pipelines/topologies/index.ts.`,
    )
  }
  return before === names ? [name] : [...before, name]
}
