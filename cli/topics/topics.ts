import { Argument, Command } from 'commander'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { applyTopics, existingTopics, planTopics } from '../../pipelines/engine/kafka/plan-topics.ts'
import { commandLog } from '../command-log.ts'
import { loadConfig } from '../config.ts'
import { connectKafka } from '../kafka.ts'
import { requireServices } from '../reachable.ts'
import { topologyNames } from '../shapes.ts'
import { neededTopics } from './needed-topics.ts'
import { tellStep } from './tell-step.ts'

/** `continuo topics plan|apply [TOPOLOGY…]` */
export function topicsCommand(): Command {
  const which = () =>
    new Argument('[topology...]', 'which').choices(topologyNames).default(topologyNames, 'all')
  return new Command('topics')
    .addCommand(
      new Command('plan')
        .summary('say what is missing or differs: partitions, retention, cleanup policy; changes nothing')
        .addArgument(which())
        .addHelpText('after', EXPLAINED)
        .action((chosen: string[], _: unknown, command: Command) => topics(chosen, false, command)),
    )
    .addCommand(
      new Command('apply')
        .summary('make it so')
        .addArgument(which())
        .addHelpText('after', EXPLAINED)
        .action((chosen: string[], _: unknown, command: Command) => topics(chosen, true, command)),
    )
}

const EXPLAINED = `
A topology needs the topics that it reads and writes, and a changelog for each of its stores. A line begins with + for a topic
that is missing, ~ for a setting that differs from what schemas/topics.ts and the environment say, ! for a number of partitions,
which nothing can change afterwards. Settings that are named nowhere are left as they are. A retention that gets shorter deletes
what is older: look at the plan before you apply it. Topics of no topology are made by \`continuo migrate\`.

  continuo topics plan
  continuo topics apply listening-totals`

async function topics(chosen: string[], apply: boolean, command: Command): Promise<void> {
  const config = loadConfig()
  await requireServices(config, ['kafka'])
  const kafka = connectKafka(config, 'continuo-topics', commandLog('topics', config))
  const needed = new Map(
    chosen.flatMap((name) => neededTopics(name, config)).map((spec) => [spec.topic, spec]),
  )
  await withAdmin(kafka, async (admin) => {
    const existing = await existingTopics(admin, [...needed.keys()])
    const steps = planTopics([...needed.values()], existing)
    const refused = steps.some(({ kind }) => kind === 'refuse')
    console.log(steps.length > 0 ? steps.map(tellStep).join('\n') : 'everything is in place')
    if (refused) command.error(apply ? 'nothing has been changed' : '')
    if (!apply || steps.length === 0) return
    await applyTopics(admin, steps, existing, config.REPLICATION_FACTOR)
    console.log('done')
  })
}
