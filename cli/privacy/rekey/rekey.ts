import type { Command } from 'commander'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { partitionEnds } from '../../../pipelines/engine/kafka/offsets.ts'
import { deleteGroups } from '../../../pipelines/engine/kafka/reset-topology.ts'
import { Codec } from '../../../schemas/codec.ts'
import { connectRegistry } from '../../../schemas/registry.ts'
import { type Pseudonyms, pseudonyms } from '../../../schemas/pseudonym.ts'
import { connectClickhouse } from '../../../sinks/clickhouse/client.ts'
import { requireRenameRights } from '../../../sinks/clickhouse/rename-rights.ts'
import { pseudonymousTables, renameTable } from '../../../sinks/clickhouse/renamed-table.ts'
import { forgetListeners, isAnybodyPresent } from '../../../sinks/redis/forget-listeners.ts'
import { openCodec } from '../../codec.ts'
import { commandLog } from '../../command-log.ts'
import { type Config, clickhouseOf, loadConfig } from '../../config.ts'
import { connectKafka } from '../../kafka.ts'
import { type KeyFlags, readKeys } from '../../keys.ts'
import { requireServices } from '../../reachable.ts'
import { requireConsent } from '../../require-consent.ts'
import { counted } from '../../status/text.ts'
import { pendingIn } from '../key-ring.ts'
import { openedRing } from '../read-pseudonyms.ts'
import { type Ring, readRing } from '../ring-file.ts'
import { fileOf } from '../rotate.ts'
import { RekeyError } from './errors.ts'
import { deleteOldRows } from './old-rows.ts'
import { groupIdOf, plannedPlaces } from './plan.ts'
import { makePending, pendingRing, requireWrapper, settle, takeBack, tellAll } from './pending.ts'
import { type Bar, topicBar } from './topic-bar.ts'
import { requireReadable } from './readable.ts'
import { requireNoBackfill, requireNoLetters } from './require-none.ts'
import { Rewriting } from './rewriting.ts'
import { type Reader, requireDrained, stoppedReaders } from './standing.ts'
import { type Subject, renameOf, subjectsIn } from './subjects.ts'

export interface RekeyFlags extends KeyFlags {
  to?: string
  dryRun: boolean
  leaveOut: boolean
  yes: boolean
}

type Around = Awaited<ReturnType<typeof surroundings>>

/** `continuo privacy rekey` */
export async function rekey(flags: RekeyFlags, command: Command): Promise<void> {
  const around = await surroundings(flags)
  try {
    if (flags.dryRun) {
      await tellWhatIsInTheWay(around)
      await tell(around)
      return
    }
    const stood = await requireStill(around)
    await tell(around)
    if (!flags.yes) await requireConsent(`epoch ${around.epoch}`, 'nothing has been changed', command)
    const readers = around.isPending ? stood : await begin(around, flags)
    await tellAll(around)
    const ring = pendingRing(around)
    await bringOver(around, ring, readers)
    settle(around, ring)
    await withAdmin(around.kafka, (admin) => deleteGroups(admin, [groupIdOf(around)]))
    console.log(
      `epoch ${around.epoch} is in use: start everything again, with this key ring; PSEUDONYM_KEY alone is refused from now on: unset it everywhere`,
    )
  } finally {
    await around.client.close()
  }
}

async function surroundings(flags: RekeyFlags) {
  const config = loadConfig()
  const file = fileOf(config)
  const ring = readRing(file)
  await openedRing(ring, config)
  requireWrapper(ring, flags.to, config)
  const { PUSH_KEY } = readKeys(['PUSH_KEY'], flags)
  await requireServices(config, ['kafka', 'schemaRegistry', 'clickhouse', 'redis'])
  const log = commandLog('privacy', config)
  const kafka = connectKafka(config, 'continuo-privacy', log)
  const { TOPIC_PREFIX: topicPrefix, APPLICATION_ID: applicationId } = config
  const subjects = await withAdmin(kafka, (admin) => subjectsIn(admin, topicPrefix))
  const topics = subjects.flatMap(({ marked }) => (marked === undefined ? [] : [marked.topic]))
  const client = connectClickhouse(clickhouseOf(config))
  if (!flags.dryRun) await requireRenameRights(client)
  return {
    ...{ config, file, client, kafka, topicPrefix, applicationId, subjects },
    // Only who writes registers.
    codec: flags.dryRun
      ? new Codec(connectRegistry(config.SCHEMA_REGISTRY_URL, log), topicPrefix)
      : await openCodec(config, log, topics),
    pushKey: { id: config.PUSH_KEY_ID, bytes: PUSH_KEY },
    leaveOut: flags.leaveOut,
    isPending: pendingIn(ring) !== undefined,
    epoch: pendingIn(ring)?.epoch ?? ring.epochs.length + 1,
  }
}

/** @throws RekeyError while anybody reads or writes, or has not read all */
async function requireStill(around: Around): Promise<Reader[]> {
  await requireNoBackfill(around)
  await requireNoLetters(around)
  await requireNobodyPresent(around.config)
  const readers = await stoppedReaders(around)
  const isPending = pendingIn(readRing(around.file)) !== undefined
  const planned = isPending ? await plannedPlaces(around) : new Map<string, never>()
  const now = await partitionEnds(
    around.kafka,
    around.subjects.map(({ name }) => name),
  )
  const ends = new Map(
    [...now].map(([key, { high }]) => [key, planned.size === 0 ? high : (planned.get(key)?.end ?? 0n)]),
  )
  await requireDrained(readers, ends, around)
  return readers
}

/** @throws RekeyError while a gateway has listeners: it writes under old names, and is in no group that would show it */
async function requireNobodyPresent({ REDIS_URL: redisUrl, REDIS_PREFIX: keyPrefix }: Config): Promise<void> {
  if (await isAnybodyPresent({ redisUrl, keyPrefix }))
    throw new RekeyError(
      'listeners are looking at a gateway: stop it; if it was killed, they are forgotten within a minute',
    )
}

async function tellWhatIsInTheWay(around: Around): Promise<void> {
  try {
    await requireStill(around)
  } catch (error) {
    if (!(error instanceof RekeyError)) throw error
    console.log(`in the way: ${error.message}`)
  }
}

async function tell({ subjects, client, epoch }: Around): Promise<void> {
  const tables = await pseudonymousTables(client)
  console.log(`epoch ${epoch} gives each listener a new pseudonym in`)
  for (const { name, how, marked } of subjects)
    console.log(
      `  ${how === 'empty' ? 'topic, which is emptied,' : marked === undefined ? 'state' : 'topic'} ${name}`,
    )
  for (const { table } of tables) console.log(`  table ${table}`)
  console.log('  Redis: channels of listeners are removed, and made anew by the sink')
  console.log(
    'Gateways, imports and all else are to be stopped until it has ended. Repeated after a kill it goes on.',
  )
}

/**
 * From here on nothing starts until it has ended. A plan comes first, so that what is pending has one; and it is looked again, as anything may have started
 * while consent was waited for. Answers who reads.
 */
async function begin(around: Around, { to }: RekeyFlags): Promise<Reader[]> {
  await requireReadable(around)
  await Rewriting.plan(around)
  await makePending(around, to)
  try {
    await tellAll(around)
    const readers = await requireStill(around)
    await requireAsPlanned(around)
    return readers
  } catch (error) {
    await takeBack(around)
    throw error
  }
}

/** @throws RekeyError where somebody has written behind what is to be rewritten; state is written by groups alone, which have stopped */
async function requireAsPlanned(around: Around): Promise<void> {
  const names = around.subjects.filter(({ marked }) => marked !== undefined).map(({ name }) => name)
  const [now, planned] = [await partitionEnds(around.kafka, names), await plannedPlaces(around)]
  const grown = [...now].filter(([key, { high }]) => planned.get(key)?.end !== high).map(([key]) => key)
  if (grown.length > 0)
    throw new RekeyError(`somebody writes to ${grown.join(', ')}: stop gateways and imports, then try again`)
}

async function bringOver(around: Around, ring: Ring, readers: readonly Reader[]): Promise<void> {
  const keys = await openedRing(ring, around.config)
  const names = pseudonyms([keys.at(-1)!])
  const rewriting = await Rewriting.open(around)
  const bar = topicBar()
  try {
    for (const subject of around.subjects)
      await bringTopic(subject, { ...around, rewriting, readers, names, bar })
    await bringStores(around, names, bar)
  } finally {
    bar.stop()
    await rewriting.close()
  }
}

async function bringTopic(
  subject: Subject,
  {
    rewriting,
    readers,
    bar,
    ...around
  }: Around & { rewriting: Rewriting; readers: readonly Reader[]; names: Pseudonyms; bar: Bar },
): Promise<void> {
  const show = () => {
    const { done, total } = rewriting.progress
    bar.show(subject.name, done, total)
  }
  show()
  if (subject.how === 'rename') {
    const leftOut = await rewriting.rewrite(subject, renameOf(subject, around), readers, show)
    if (leftOut > 0)
      console.error(`${counted(leftOut, 'record')} of ${subject.name} could not be read, and left out`)
  }
  await rewriting.moveReaders(subject, readers)
  await deleteOldRows(around.kafka, subject, rewriting.endsOf(subject))
}

async function bringStores({ client, config, epoch }: Around, names: Pseudonyms, bar: Bar): Promise<void> {
  const tables = await pseudonymousTables(client)
  for (const [done, table] of tables.entries()) {
    bar.show(table.table, done, tables.length)
    await renameTable(client, table, { epoch, names })
  }
  await forgetListeners({ redisUrl: config.REDIS_URL, keyPrefix: config.REDIS_PREFIX })
}
