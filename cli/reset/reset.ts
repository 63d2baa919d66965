import { Argument, Command, InvalidArgumentError } from 'commander'
import type { Kafka } from 'kafkajs'
import { type TopologyDescription, describe } from '../../pipelines/engine/index.ts'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import {
  type TopologyRemains,
  orphansOf,
  remainsOf,
  resetTopology,
} from '../../pipelines/engine/kafka/reset-topology.ts'
import { agrees } from '../agrees.ts'
import { commandLog } from '../command-log.ts'
import { type Config, loadConfig } from '../config.ts'
import { connectKafka } from '../kafka.ts'
import { requireServices } from '../reachable.ts'
import { shapeOf, topologyNames } from '../shapes.ts'
import { readVersions } from '../versions/versions-in-kafka.ts'
import { labelOf } from '../versions/versions.ts'
import { leftoversOf, linesOfLeftovers, removeLeftovers } from './leftovers.ts'

interface Flags {
  orphans: boolean
  yes: boolean
}

interface Which {
  topology: string
  /** Default: the one in service. */
  version: number | undefined
}

/** `continuo reset TOPOLOGY[@VERSION]` */
export function resetCommand(): Command {
  return new Command('reset')
    .summary('have a topology begin anew, or remove a version of it that is not in service')
    .addArgument(new Argument('<topology>', `which: ${topologyNames.join(', ')}`).argParser(whichOf))
    .option('--orphans', 'only state of operators that the topology no longer has', false)
    .option('--yes', 'delete without asking', false)
    .addHelpText(
      'after',
      '\nIt says what it is about to delete and asks first. Started again, the topology reads its inputs from the earliest record that' +
        '\nthey keep, and writes its outputs once more; those that it has written stay. Stop its processes before.' +
        '\nOf a version that is not in service, before a switch of `continuo backfill` or behind it, nothing is left: its topics and tables' +
        '\ngo, too; of the first version the topics stay, empty.' +
        '\n\n  continuo reset listening-totals' +
        '\n  continuo reset listening-totals@1',
    )
    .action(reset)
}

function whichOf(text: string): Which {
  const [, topology = '', version] = /^(.+?)(?:@(\d+))?$/.exec(text) ?? []
  if (!topologyNames.includes(topology))
    throw new InvalidArgumentError(
      `Allowed choices are ${topologyNames.join(', ')}; of its versions one is named by @ and its number.`,
    )
  return { topology, version: version === undefined ? undefined : Number(version) }
}

async function reset({ topology, version }: Which, flags: Flags, command: Command): Promise<void> {
  const config = loadConfig()
  await requireServices(config, ['kafka'])
  const kafka = connectKafka(config, 'continuo-reset', commandLog('reset', config))
  const versions = await readVersions({ kafka, config })
  const served = versions.inService(topology)
  const which = { topology, version: version ?? served }
  const own = describe(shapeOf(topology, config.DEDUPLICATION_HOURS, which.version))
  if (which.version === served) return beginAnew(topology, own, flags, { config, kafka, command })
  if (which.version > served && !versions.of(topology).some((each) => each.version === which.version))
    command.error(`error: there is no ${labelOf(which)}: ${topology}@${served} is in service`)
  await requireServices(config, ['clickhouse'])
  await removeVersion(which, own, flags, { config, kafka, command })
}

interface Surroundings {
  config: Config
  kafka: Kafka
  command: Command
}

async function beginAnew(
  name: string,
  shape: TopologyDescription,
  { yes, orphans }: Flags,
  { config, kafka, command }: Surroundings,
): Promise<void> {
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
    await requireConsent(name, yes, command)
    await resetTopology(admin, remains)
    console.log('done')
  })
}

/** Removes all there is of a version that is not in service. */
async function removeVersion(
  which: { topology: string; version: number },
  own: TopologyDescription,
  { yes }: Flags,
  { config, kafka, command }: Surroundings,
): Promise<void> {
  const installation = { topicPrefix: config.TOPIC_PREFIX, applicationId: config.APPLICATION_ID }
  await withAdmin(kafka, async (admin) => {
    const remains = await remainsOf(admin, own, installation)
    const leftovers = await leftoversOf(which, own, admin, config)
    const lines = [...linesOf(remains), ...linesOfLeftovers(leftovers)]
    console.log(`reset ${labelOf(which)} deletes\n${lines.map((line) => `  ${line}`).join('\n')}`)
    await requireConsent(labelOf(which), yes, command)
    await resetTopology(admin, remains)
    await removeLeftovers(leftovers, { admin, kafka, config })
    console.log('done')
  })
}

async function requireConsent(name: string, yes: boolean, command: Command): Promise<void> {
  if (!yes && !process.stdin.isTTY)
    command.error('error: nothing has been deleted: there is no terminal to ask at; add --yes')
  if (!yes && !(await agrees(name))) command.error('nothing has been deleted')
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
