import type { Command } from 'commander'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { partitionEnds } from '../../../pipelines/engine/kafka/offsets.ts'
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
import { plannedPlaces } from './plan.ts'
import {
  makePending,
  requireUnchanged,
  requireWrapper,
  takeBack,
  tellAll,
  tellBegun,
  settle,
} from './pending.ts'
import { isUnsaid, sayAtLast, sayEnded } from './last-word.ts'
import { requireNoStrangers, tellStrangers } from './strangers.ts'
import { type Bar, topicBar } from './topic-bar.ts'
import { requireReadable } from './readable.ts'
import { requireNoBackfill, requireNoLetters } from './require-none.ts'
import { Rewriting } from './rewriting.ts'
import { type Reader, requireDrained, requireStopped, stoppedReaders } from './standing.ts'
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
    if (await isUnsaid(around)) {
      await sayAtLast(around, flags.dryRun)
      return
    }
    if (flags.dryRun) {
      await tellWhatIsInTheWay(around)
      await tell(around)
      return
    }
    // Of a pending epoch it is told when it is gone on with: only then can it be taken back.
    if (!around.isPending) await requireStill(around)
    await tell(around)
    if (!flags.yes) await requireConsent(`epoch ${around.epoch}`, 'nothing has been changed', command)
    await bringIn(around, flags)
  } finally {
    await around.client.close()
  }
}

/** @throws RekeyError if another has begun or ended since this read the ring */
async function bringIn(around: Around, flags: RekeyFlags): Promise<void> {
  if (!around.isPending) await requireReadable(around)
  // Whoever is at it is left alone, unless it is what was consented to.
  await requireUnchanged(around)
  const rewriting = await Rewriting.begin(around)
  try {
    const said = await requireUnchanged(around)
    const ring = await pendingRing(around, rewriting, flags)
    const readers = await (said?.begun === true
      ? requireStill(around, rewriting.places)
      : begin(around, ring, rewriting))
    await bringOver(around, { rewriting, ring, readers })
    await rewriting.requireOurs()
    await settle(around, ring, rewriting)
    await sayEnded(around)
  } finally {
    await rewriting.close()
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
    config,
    file,
    ring,
    client,
    kafka,
    topicPrefix,
    applicationId,
    subjects,
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
async function requireStill(around: Around, planned?: Rewriting['places']): Promise<Reader[]> {
  await requireNoBackfill(around)
  await requireNoLetters(around)
  await requireNobodyPresent(around.config)
  const readers = await stoppedReaders(around)
  const now = await partitionEnds(
    around.kafka,
    around.subjects.map(({ name }) => name),
  )
  const ends = new Map(
    [...now].map(([key, { high }]) => [key, planned === undefined ? high : (planned.get(key)?.end ?? 0n)]),
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
    await requireStill(around, around.isPending ? await plannedPlaces(around) : undefined)
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

/** The ring in which the epoch is pending. What is not so yet is made so: from there on nothing starts until it has ended. A plan comes first, so that what is pending has one. */
async function pendingRing(around: Around, rewriting: Rewriting, { to }: RekeyFlags): Promise<Ring> {
  if (around.isPending) {
    await rewriting.goOn()
    return around.ring
  }
  await rewriting.plan()
  return makePending(around, to)
}

/**
 * Looks again, now that nothing starts any more: anything may have started and written while consent was waited for, or after a kill. If so, the epoch is taken back,
 * so that it can be read. Answers who reads.
 */
async function begin(around: Around, ring: Ring, rewriting: Rewriting): Promise<Reader[]> {
  try {
    await tellAll(around, rewriting)
    const readers = await requireStill(around, rewriting.places)
    await requireNoStrangers(around.kafka, around.subjects, rewriting.places)
    await tellBegun(around, rewriting)
    return readers
  } catch (error) {
    await takeBack(around, ring, rewriting)
    throw error
  }
}

interface Bringing {
  rewriting: Rewriting
  /** In which the epoch is pending. */
  ring: Ring
  readers: readonly Reader[]
}

async function bringOver(around: Around, { rewriting, ring, readers }: Bringing): Promise<void> {
  const keys = await openedRing(ring, around.config)
  const names = pseudonyms([keys.at(-1)!])
  const bar = topicBar()
  try {
    for (const subject of around.subjects)
      await bringTopic(subject, { ...around, rewriting, readers, names, bar })
    await bringStores(around, { rewriting, readers, names, bar })
  } finally {
    bar.stop()
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
  const strangers = await tellStrangers(around.kafka, subject, rewriting.places)
  if (strangers !== undefined && !around.leaveOut)
    throw new RekeyError(
      `${strangers}: keep a copy of what is to be kept, and stop who writes it; with --leave-out nobody will ever read it, and it goes by its age`,
    )
  if (strangers !== undefined) console.error(`${strangers}, and nobody will`)
  await requireStopped(around, readers)
  await rewriting.moveReaders(subject, readers)
  await deleteOldRows(around.kafka, subject, rewriting.endsOf(subject))
}

async function bringStores(
  around: Around,
  {
    rewriting,
    readers,
    names,
    bar,
  }: { rewriting: Rewriting; readers: readonly Reader[]; names: Pseudonyms; bar: Bar },
): Promise<void> {
  const { client, config, epoch } = around
  const tables = await pseudonymousTables(client)
  await requireStopped(around, readers)
  for (const [done, table] of tables.entries()) {
    bar.show(table.table, done, tables.length)
    await rewriting.requireOurs()
    await renameTable(client, table, { epoch, names })
  }
  await forgetListeners({ redisUrl: config.REDIS_URL, keyPrefix: config.REDIS_PREFIX })
}
