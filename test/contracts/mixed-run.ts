import { join } from 'node:path'
import pino from 'pino'
import { replayTopic } from '../../schemas/dead-letter.ts'
import { connectRegistry } from '../../schemas/registry.ts'
import { topics } from '../../schemas/topics.ts'
import { services } from '../kit/services.ts'
import type { Comparison } from './compare.ts'
import { comparisons } from './comparisons.ts'
import { Oracle } from './oracle.ts'
import { type Place, continuo, done, heightOf, makePlace } from './place.ts'
import { registerSchemas } from './producers.ts'
import { Roles, type Victim } from './roles.ts'
import { type Row, rowsOf } from './rows.ts'
import { Sender } from './send.ts'

export interface MixedRunOptions {
  /** Rows: of a hundred one is no play. */
  plays: number
  seed: number
  /** Who is killed while rows are on their way, in this order. */
  victims: readonly Victim[]
  progress(line: string): void
}

export interface MixedRun {
  /** How many rows of each kind were sent. */
  sent: Map<string, number>
  /** What was found when all had gone through, and when what could be mended had been replayed. */
  before: Comparison[]
  after: Comparison[]
}

/**
 * Sends plays of three versions of their schema, with garbage among them, to an installation whose processes are killed; replays what of the
 * garbage can be mended; and compares all that comes of it with a loop over what was sent.
 */
export async function mixedRun(options: MixedRunOptions): Promise<MixedRun> {
  const place = await makePlace()
  const roles = new Roles(place)
  try {
    await roles.startAll()
    return await run(place, roles, options)
  } finally {
    await roles.killAll()
    await place.close()
  }
}

async function run(
  place: Place,
  roles: Roles,
  { plays, seed, victims, progress }: MixedRunOptions,
): Promise<MixedRun> {
  const { room, pseudonymKey, env } = place
  const registry = connectRegistry((await services()).schemaRegistryUrl, pino({ level: 'silent' }))
  const ids = await registerSchemas(registry, env.TOPIC_PREFIX!)
  const topic = room.nameOf(topics.plays)
  const producer = room.kafka.producer({ idempotent: true })
  await producer.connect()
  const sender = new Sender(producer, { topic, ids })
  const rows = rowsOf(plays, seed)
  for (const victim of victims) {
    await roles.killAtWork(victim, () => sender.send(some(rows, Math.ceil(plays / (victims.length + 1)))))
    progress(`${sender.appendedAt.length} rows sent, ${victim} killed and started again`)
  }
  await sender.send(rows)
  await producer.disconnect()
  progress(`${sender.appendedAt.length} rows sent`)

  const oracle = new Oracle({ topic, pseudonymKey })
  const sent = tell(oracle, rowsOf(plays, seed), sender)
  await roles.drain(topics.plays)
  progress('all of them have gone through')
  const before = await comparisons(place, oracle.wanted(), new Set())
  progress('what was found is compared')
  await replay(place, roles, String(ids[3]), progress)
  const mended = sender.garbage.filter(({ row }) => row.defect!.mended !== undefined)
  for (const { row, appendedAt } of mended)
    oracle.play({ partition: row.partition, ...row.defect!.mended!(row) }, appendedAt)
  await roles.drain(replayTopic('anonymise'))
  progress('what was given back has gone through')
  const givenBack = new Set(mended.map(({ row, offset }) => `anonymise:${topic}:${row.partition}:${offset}`))
  return { sent, before, after: await comparisons(place, oracle.wanted(), givenBack) }
}

function* some(rows: Iterator<Row>, count: number): Generator<Row> {
  for (let taken = 0; taken < count; taken++) {
    const next = rows.next()
    if (next.done === true) return
    yield next.value
  }
}

/** Tells the oracle what was sent, and counts it. */
function tell(oracle: Oracle, rows: Iterable<Row>, { appendedAt, garbage }: Sender): Map<string, number> {
  const counts = new Map<string, number>()
  let index = 0
  for (const row of rows) {
    const kind = row.defect?.name ?? `play v${row.version}`
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    if (row.defect === undefined) oracle.play(row, appendedAt[index]!)
    index += 1
  }
  for (const each of garbage) oracle.letter(each)
  return counts
}

const mend = join(import.meta.dirname, 'fixtures/mend.ts')

/** Has what can be mended given back: by a command that is killed, again with the door killed, and once more. */
async function replay(
  place: Place,
  roles: Roles,
  schema: string,
  progress: (line: string) => void,
): Promise<void> {
  const replayed = replayTopic('anonymise')
  const start = (...args: string[]) => continuo(place.env, 'dlq', 'replay', '--fix', mend, '--yes', ...args)
  const ofDecode = ['--kind', 'decode', '--schema', schema]
  const ofValidate = ['--kind', 'validate']

  const killed = start(...ofDecode)
  await roles.wait('letters to be given back', async () => (await heightOf(place, replayed)) > 0)
  killed.child.kill('SIGKILL')
  await killed.ended
  progress(`a replay was killed that had written ${await heightOf(place, replayed)} letters`)
  await roles.killAtWork('anonymise', async () => {
    for (const which of [ofDecode, ofValidate]) progress(await lastLineOf(start(...which)))
  })
  for (const which of [ofDecode, ofValidate]) progress(await lastLineOf(start(...which)))
}

const lastLineOf = async (verb: ReturnType<typeof continuo>) =>
  (await done(verb)).trimEnd().split('\n').at(-1)!
