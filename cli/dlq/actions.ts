import type { Command } from 'commander'
import { Partitioners } from 'kafkajs'
import type { Logger } from 'pino'
import { topics } from '../../schemas/topics.ts'
import { asJson } from '../as-json.ts'
import { openCodec } from '../codec.ts'
import { commandLog } from '../command-log.ts'
import { type Config, loadConfig } from '../config.ts'
import { connectKafka } from '../kafka.ts'
import { requireNoRekey } from '../privacy/epoch-in-kafka.ts'
import { requireNotPending } from '../privacy/read-pseudonyms.ts'
import { requireServices } from '../reachable.ts'
import { requireConsent } from '../require-consent.ts'
import { counted } from '../status/text.ts'
import type { ListFlags, OpenFlags, PurgeFlags, ReplayFlags } from './dlq.ts'
import { DeadLetterError } from './errors.ts'
import { Preparing, readFix, underSchema } from './fix.ts'
import { readKeyRing } from './key-ring.ts'
import {
  type FoundLetter,
  type LetterPlace,
  asListed,
  eachWhole,
  fatesOf,
  findLetters,
  lettersOf,
} from './letters.ts'
import { openedOf, shownOf } from './opened.ts'
import { linesOfOutcome } from './outcome.ts'
import { isInVain, linesOfPlan, planReplay, readyIn, replay } from './replay.ts'
import { requireSchema } from './require-schema.ts'
import { groupsOf, tableOf } from './table.ts'

const NONE = 'there are no such letters'
const LETTERS_A_SEND = 1_000

interface Place extends LetterPlace {
  config: Config
  applicationId: string
  log: Logger
}

async function placeOf(verb: string): Promise<Place> {
  const config = loadConfig()
  await requireServices(config, ['kafka', 'schemaRegistry'])
  const log = commandLog(`dlq-${verb}`, config)
  const kafka = connectKafka(config, `continuo-dlq-${verb}`, log)
  const { TOPIC_PREFIX: topicPrefix, APPLICATION_ID: applicationId } = config
  return { config, log, kafka, codec: await openCodec(config, log), topicPrefix, applicationId }
}

const print = (value: unknown) => console.log(JSON.stringify(value, asJson))

export async function list({ samples, json, ...filter }: ListFlags): Promise<void> {
  const groups = groupsOf(await findLetters(await placeOf('list'), filter), samples)
  if (json) groups.forEach(print)
  else console.log(groups.length === 0 ? NONE : tableOf(groups).join('\n'))
}

export async function show(id: string, flags: OpenFlags, command: Command): Promise<void> {
  const place = await placeOf('show')
  const keys = flags.open ? readKeyRing(place.config, flags) : undefined
  const its = await lettersOf(place, id)
  if (its.length === 0)
    command.error(`error: there is no letter ${id}: see \`continuo dlq list --samples 10\``)
  const fates = await fatesOf(place, its)
  for (const [at, letter] of its.entries())
    print({
      ...shownOf(letter),
      ...fates[at],
      ...(keys !== undefined && (await openedOf(letter, { ...place, keys }))),
    })
}

export async function exportLetters({ open, dev, dataDir, ...filter }: OpenFlags): Promise<void> {
  const place = await placeOf('export')
  const keys = open ? readKeyRing(place.config, { dev, dataDir }) : undefined
  await eachWhole(place, await findLetters(place, filter), async (some) => {
    for (const letter of some)
      print(
        keys === undefined ? letter : { ...shownOf(letter), ...(await openedOf(letter, { ...place, keys })) },
      )
  })
}

export async function purge({ dryRun, yes, ...filter }: PurgeFlags, command: Command): Promise<void> {
  const place = await placeOf('purge')
  const listed = await findLetters(place, filter)
  if (listed.length === 0) {
    console.log(NONE)
    return
  }
  console.log(tableOf(groupsOf(listed, 0)).join('\n'))
  if (dryRun) {
    console.log(`${counted(listed.length, 'letter')} would be purged`)
    return
  }
  if (!yes) await requireConsent('purge', 'nothing has been purged', command)
  const letters = asListed(listed, await findLetters(place, filter))
  const producer = place.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const topic = place.topicPrefix + topics.deadLetters.name
  for (let at = 0; at < letters.length; at += LETTERS_A_SEND)
    await producer.send({ topic, acks: -1, messages: letters.slice(at, at + LETTERS_A_SEND).map(tombstone) })
  await producer.disconnect()
  console.log(
    `${counted(letters.length, 'letter')} purged; the broker removes their bytes when it compacts ${topic}`,
  )
}

const tombstone = ({ id }: FoundLetter) => ({ key: id, value: null })

export async function replayLetters(flags: ReplayFlags, command: Command): Promise<void> {
  requireNotPending(loadConfig())
  const { dryRun, yes, fix, schema, samples, dev, dataDir, ...filter } = flags
  const fixes = [
    ...(schema === undefined ? [] : [underSchema(schema)]),
    ...(fix === undefined ? [] : [await readFix(fix)]),
  ]
  const place = await placeOf('replay')
  if (schema !== undefined) await requireSchema(place.config, schema, place.log)
  const keys = readKeyRing(place.config, { dev, dataDir })
  const preparing = new Preparing({ ...place, keys, fixes })
  await requireNoRekey(place)
  const listed = await findLetters(place, filter)
  if (listed.length === 0) {
    console.log(NONE)
    return
  }
  const plan = await planReplay(place, listed, preparing, samples)
  console.log(linesOfPlan(plan).join('\n'))
  for (const letter of plan.samples)
    print({ ...shownOf(letter), ...(await openedOf(letter, { ...place, keys })) })
  const total = readyIn(plan)
  if (!dryRun && isInVain(plan)) process.exitCode = 1
  if (dryRun || total === 0) return
  if (!yes) await requireConsent('replay', 'nothing has been replayed', command)
  await requireNoRekey(place)
  // What has been purged meanwhile is given back to nobody.
  const letters = asListed(listed, await findLetters(place, filter))
  const { written, given } = await replay(place, letters, preparing, total).catch(refusal)
  console.log(`${counted(written, 'letter')} given back`)
  if (written > 0) console.log((await linesOfOutcome(place, given)).join('\n'))
}

function refusal(error: unknown): never {
  if (error instanceof Error && error.name.startsWith('KafkaJS'))
    throw new DeadLetterError(
      `Kafka refused the replay (${error.message}): another one has begun, or Kafka was away for too long. Run it again: it gives back ` +
        'what is missing and nothing else',
      { cause: error },
    )
  throw error
}
