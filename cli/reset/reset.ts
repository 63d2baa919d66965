import { Argument, Command, InvalidArgumentError } from 'commander'
import type { Kafka } from 'kafkajs'
import { type TopologyDescription, describe } from '../../pipelines/engine/index.ts'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import {
  type Installation,
  type TopologyRemains,
  orphansOf,
  remainsOf,
  resetTopology,
} from '../../pipelines/engine/kafka/reset-topology.ts'
import { commandLog } from '../command-log.ts'
import { type Config, loadConfig } from '../config.ts'
import { connectKafka } from '../kafka.ts'
import { requireNoRekey } from '../privacy/epoch-in-kafka.ts'
import { requireNotPending } from '../privacy/read-pseudonyms.ts'
import { requireConsent } from '../require-consent.ts'
import { requireServices } from '../reachable.ts'
import { shapeOf, topologyNames } from '../shapes.ts'
import { versionsInKafka } from '../versions/versions-in-kafka.ts'
import { type TopologyVersion, inLabel, labelOf } from '../versions/versions.ts'
import { leftoversOf, linesOfLeftovers, removeLeftovers } from './leftovers.ts'

interface Flags {
  orphans: boolean
  yes: boolean
}

const NOTHING_DELETED = 'nothing has been deleted'

/** `continuo reset TOPOLOGY[@VERSION]` */
export function resetCommand(): Command {
  return new Command('reset')
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

function whichOf(text: string): ReturnType<typeof inLabel> {
  const which = inLabel(text)
  if (!topologyNames.includes(which.topology))
    throw new InvalidArgumentError(
      `Allowed choices are ${topologyNames.join(', ')}; of its versions one is named by @ and its number.`,
    )
  return which
}

async function reset(
  { topology, version }: ReturnType<typeof inLabel>,
  flags: Flags,
  command: Command,
): Promise<void> {
  const config = loadConfig()
  requireNotPending(config)
  await requireServices(config, ['kafka'])
  const kafka = connectKafka(config, 'continuo-reset', commandLog('reset', config))
  await requireNoRekey({ kafka, config })
  const versions = await versionsInKafka.read({ kafka, config })
  const served = versions.inService(topology)
  const which = { topology, version: version ?? served }
  const own = describe(shapeOf(topology, config.DEDUPLICATION_HOURS, which.version))
  const installation = { topicPrefix: config.TOPIC_PREFIX, applicationId: config.APPLICATION_ID }
  const around = { config, kafka, installation, command }
  if (which.version === served) return beginAnew(topology, own, flags, around)
  if (which.version > served && !versions.of(topology).some((each) => each.version === which.version))
    command.error(`error: there is no ${labelOf(which)}: ${topology}@${served} is in service`)
  await requireServices(config, ['clickhouse'])
  await removeVersion(which, own, flags, around)
}

interface Surroundings {
  config: Config
  kafka: Kafka
  installation: Installation
  command: Command
}

async function beginAnew(
  name: string,
  shape: TopologyDescription,
  { yes, orphans }: Flags,
  { config, kafka, installation, command }: Surroundings,
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const all = await remainsOf(admin, shape, installation)
    const remains = orphans ? orphansOf(all, shape, installation) : all
    const lines = linesOf(remains)
    if (lines.length === 0) {
      console.log(orphans ? `${name} has no orphans` : `there is nothing of ${name}: it begins anew as it is`)
      return
    }
    console.log(`reset ${name} deletes\n${lines.map((line) => `  ${line}`).join('\n')}`)
    const inputs = shape.inputs.map((topic) => installation.topicPrefix + topic).join(', ')
    if (!orphans)
      console.log(
        `Started again, it reads ${inputs} from the earliest record kept, and writes its outputs once more.`,
      )
    if (!yes) await requireConsent(name, NOTHING_DELETED, command)
    await requireNoRekey({ kafka, config })
    await resetTopology(admin, remains)
    console.log('done')
  })
}

/** Removes all there is of a version that is not in service. */
async function removeVersion(
  which: TopologyVersion,
  own: TopologyDescription,
  { yes }: Flags,
  { config, kafka, installation, command }: Surroundings,
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    // Topics that it reads again go with all that it writes.
    const remains = { ...(await remainsOf(admin, own, installation)), repartitioned: [], replays: [] }
    const leftovers = await leftoversOf(which, own, admin, config)
    const lines = [...linesOf(remains), ...linesOfLeftovers(leftovers)]
    console.log(`reset ${labelOf(which)} deletes\n${lines.map((line) => `  ${line}`).join('\n')}`)
    if (!yes) await requireConsent(labelOf(which), NOTHING_DELETED, command)
    await requireNoRekey({ kafka, config })
    await resetTopology(admin, remains)
    await removeLeftovers(leftovers, { admin, kafka, config })
    console.log('done')
  })
}

function linesOf({ group, hasOffsets, changelogs, repartitioned, replays }: TopologyRemains): string[] {
  return [
    ...(hasOffsets && group !== undefined ? [`the offsets of group ${group}`] : []),
    ...changelogs.map((topic) => `topic ${topic}: state`),
    ...repartitioned.map(
      (topic) => `all records of ${topic}, which it writes and reads again; the topic stays`,
    ),
    ...replays.map(
      (topic) => `all records of ${topic}: dead letters that it has been given back; the topic stays`,
    ),
  ]
}
