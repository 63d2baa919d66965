import type { ClickHouseClient } from '@clickhouse/client'
import { Argument, Command, Option } from 'commander'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { FIRST_VERSION } from '../../pipelines/engine/versioned.ts'
import { connectClickhouse } from '../../sinks/clickhouse/client.ts'
import { commandLog } from '../command-log.ts'
import { type Config, clickhouseOf, loadConfig } from '../config.ts'
import { connectKafka } from '../kafka.ts'
import { type KeyFlags, withKeyFlags } from '../keys.ts'
import { requireConsent } from '../require-consent.ts'
import { endWith } from '../errors.ts'
import { keepToEpoch } from '../privacy/epoch-in-kafka.ts'
import { requireNotPending } from '../privacy/read-pseudonyms.ts'
import { requireServices } from '../reachable.ts'
import { topologyNames } from '../shapes.ts'
import { type TopologyKeys, keysOf } from '../start-topology.ts'
import { madeMessage, versionsInKafka } from '../versions/versions-in-kafka.ts'
import { type Reach, type VersionRecord, type Versions, labelOf } from '../versions/versions.ts'
import { BackfillError } from './errors.ts'
import { EXPLAINED } from './explained.ts'
import { throughHistory } from './history/through-history.ts'
import { Ledger } from './ledger.ts'
import { makeVersion } from './make.ts'
import { finishPutting, putInService } from './put-in-service.ts'
import { linesOfReach } from './reach.ts'
import { BackfillRun } from './run.ts'
import { type Subject, subjectOf, writesOf } from './subject.ts'

/** What a version is made from, in words. */
const MADE_FROM: Readonly<Record<Reach, string>> = { kept: 'what is kept', all: 'all plays that there are' }

interface Flags extends KeyFlags {
  from: Reach
  yes: boolean
  switch: boolean
}

/** What the parts of a backfill share. */
export interface BackfillSurroundings {
  config: Config
  kafka: Kafka
  client: ClickHouseClient
  keys: TopologyKeys
  log: Logger
}

/** `continuo backfill TOPOLOGY --from kept|all` */
export function backfillCommand(): Command {
  return withKeyFlags(new Command('backfill'))
    .addArgument(new Argument('<topology>', 'which').choices(topologyNames))
    .addOption(
      new Option('--from <reach>', 'from where on: what its topics have kept, or all plays there are')
        .choices(['kept', 'all'])
        .makeOptionMandatory(),
    )
    .option('--no-switch', 'catch up and stay beside, so that its tables can be looked at before')
    .option('--yes', 'begin without asking', false)
    .addHelpText('after', EXPLAINED)
    .action(backfill)
}

async function backfill(topology: string, flags: Flags, command: Command): Promise<void> {
  const keys = await keysOf([topology], flags)
  const config = loadConfig()
  requireNotPending(config)
  await requireServices(config, ['kafka', 'schemaRegistry', 'clickhouse'])
  const log = commandLog('backfill', config)
  const kafka = connectKafka(config, 'continuo-backfill', log)
  const client = connectClickhouse(clickhouseOf(config))
  const around = { config, kafka, client, keys, log }
  // Repeated later it goes on.
  const kept = await keepToEpoch({ kafka, config }, keys.epoch, endWith)
  try {
    const versions = await versionsInKafka.read({ kafka, config })
    if (await finishesSwitch(topology, versions, around)) return
    const begins = await begun(topology, versions, flags, around, command)
    const { subject } = begins
    const ledger = await Ledger.open({ kafka, config, topology })
    try {
      const record = sinceThen(begins, await ledger.recordOf(subject))
      await makeVersion(subject, record, around)
      await ledger.write([madeMessage(subject, record)])
      const run = new BackfillRun(subject, around)
      await throughHistory(subject, record, { ...around, run, ledger })
      if (!run.stopped) await run.untilCaughtUp()
      if (flags.switch && !run.stopped) {
        await putInService(subject, ledger, client)
        console.log(`${labelOf(subject)} is in service: tables, screens and what is started from now on`)
      }
      await run.untilRelieved(flags.switch)
    } finally {
      await ledger.close()
    }
  } finally {
    await Promise.all([client.close(), kept.stop()])
  }
}

/** A switch that was cut off between its record and its tables: it is ended, and that is all. */
async function finishesSwitch(
  topology: string,
  versions: Versions,
  { config, client }: BackfillSurroundings,
): Promise<boolean> {
  const version = versions.inService(topology)
  if (version === FIRST_VERSION) return false
  const subject = subjectOf({ topology, version }, config.DEDUPLICATION_HOURS)
  if (!(await finishPutting(subject, client))) return false
  console.log(`the switch to ${labelOf(subject)} had been cut off: its tables are now read, too`)
  return true
}

/** A version that is to be made, or to be gone on with. */
interface Begins {
  subject: Subject
  record: VersionRecord
  isNew: boolean
}

/**
 * What holds of a version, now that nobody else writes of it: what was read before may have been written over meanwhile.
 * @throws BackfillError where it has been given up, or begun by another
 */
function sinceThen({ subject, record, isNew }: Begins, written: VersionRecord | undefined): VersionRecord {
  if (isNew ? written === undefined : written !== undefined && written.removing !== true)
    return written ?? record
  throw new BackfillError(
    `${labelOf(subject)} has been ${isNew ? 'begun by another command' : 'given up'} meanwhile: look at \`continuo status ${subject.topology}\`, ` +
      'and give the command again',
  )
}

/** The version that is being made already, or a new one, if that is wanted. */
async function begun(
  topology: string,
  versions: Versions,
  { from, yes }: Flags,
  around: BackfillSurroundings,
  command: Command,
): Promise<Begins> {
  const { config } = around
  const known = versions.inTheMaking(topology)
  if (known !== undefined && known.record.from !== from)
    throw new BackfillError(
      `${labelOf(known)} is being made from ${MADE_FROM[known.record.from]}: go on with \`continuo backfill ${topology} --from ` +
        `${known.record.from}\`, or give it up by \`continuo reset ${labelOf(known)}\``,
    )
  const latest = Math.max(
    versions.inService(topology),
    ...versions.of(topology).map(({ version }) => version),
  )
  const version = known?.version ?? latest + 1
  const subject = subjectOf({ topology, version }, config.DEDUPLICATION_HOURS)
  if (known !== undefined) {
    console.log(`${labelOf(subject)} has been begun: going on with it`)
    return { subject, record: known.record, isNew: false }
  }
  const { lines, record } = await linesOfReach(subject, from, around)
  console.log(`${labelOf(subject)} is made from ${MADE_FROM[from]}\n${indented(lines)}`)
  console.log(`it writes\n${indented(writesOf(subject, config.TOPIC_PREFIX))}`)
  console.log(
    `beside ${topology}@${versions.inService(topology)}, which stays in service until it has caught up`,
  )
  if (!yes) await requireConsent(topology, 'nothing has been begun', command)
  return { subject, record, isNew: true }
}

const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`).join('\n')
