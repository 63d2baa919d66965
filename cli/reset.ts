import { createInterface } from 'node:readline/promises'
import { Argument, Command } from 'commander'
import { describe } from '../pipelines/engine/index.ts'
import { withAdmin } from '../pipelines/engine/kafka/admin.ts'
import {
  type TopologyRemains,
  orphansOf,
  remainsOf,
  resetTopology,
} from '../pipelines/engine/kafka/reset-topology.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './config.ts'
import { connectKafka } from './kafka.ts'
import { requireServices } from './reachable.ts'
import { shapeOf, topologyNames } from './shapes.ts'

interface Flags {
  orphans: boolean
  yes: boolean
}

/** `continuo reset TOPOLOGY` */
export function resetCommand(): Command {
  return new Command('reset')
    .summary('have a topology begin anew: forget its offsets, its state and its internal topics')
    .addArgument(new Argument('<topology>', 'which').choices(topologyNames))
    .option('--orphans', 'only state of operators that the topology no longer has', false)
    .option('--yes', 'delete without asking', false)
    .addHelpText(
      'after',
      '\nIt says what it is about to delete and asks first. Started again, the topology reads its inputs from the earliest record that' +
        '\nthey keep, and writes its outputs once more; those that it has written stay. Stop its processes before.' +
        '\n\n  continuo reset listening-totals',
    )
    .action(reset)
}

async function reset(name: string, { yes, orphans }: Flags, command: Command): Promise<void> {
  const config = loadConfig()
  await requireServices(config, ['kafka'])
  const kafka = connectKafka(config, 'continuo-reset', commandLog('reset', config))
  const shape = describe(shapeOf(name))
  const installation = { topicPrefix: config.TOPIC_PREFIX, applicationId: config.APPLICATION_ID }
  await withAdmin(kafka, async (admin) => {
    const all = await remainsOf(admin, shape, installation)
    const remains = orphans ? orphansOf(all, shape, installation) : all
    const lines = linesOf(remains)
    if (lines.length === 0) {
      console.log(orphans ? `${name} has no orphans` : `there is nothing of ${name}: it begins anew as it is`)
      return
    }
    console.log(`reset ${name} deletes\n${lines.map((line) => `  ${line}`).join('\n')}`)
    const inputs = shape.inputs.map((topic) => config.TOPIC_PREFIX + topic).join(', ')
    if (!orphans)
      console.log(
        `Started again, it reads ${inputs} from the earliest record kept, and writes its outputs once more.`,
      )
    if (!yes && !process.stdin.isTTY)
      command.error('error: nothing has been deleted: there is no terminal to ask at; add --yes')
    if (!yes && !(await agrees(name))) command.error('nothing has been deleted')
    await resetTopology(admin, remains)
    console.log('done')
  })
}

function linesOf({ group, hasOffsets, changelogs, repartitioned }: TopologyRemains): string[] {
  return [
    ...(hasOffsets && group !== undefined ? [`the offsets of group ${group}`] : []),
    ...changelogs.map((topic) => `topic ${topic}: state`),
    ...repartitioned.map(
      (topic) => `all records of ${topic}, which it writes and reads again; the topic stays`,
    ),
  ]
}

async function agrees(name: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`Type ${name} to go on: `)
  terminal.close()
  return answer.trim() === name
}
