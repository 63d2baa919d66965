import { text } from 'node:stream/consumers'
import { Argument, Command, InvalidArgumentError } from 'commander'
import { describe } from '../pipelines/engine/index.ts'
import { kindOf } from '../pipelines/engine/kafka/orphans.ts'
import { stateOfKey } from '../pipelines/engine/kafka/state-of-key.ts'
import { asJson, isoTime } from './as-json.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './config.ts'
import { connectKafka } from './kafka.ts'
import { requireServices } from './reachable.ts'
import { shapeOf, topologyNames } from './shapes.ts'

interface StoreName {
  topology: string
  store: string
}

/** `continuo state get STORE KEY` */
export function stateCommand(): Command {
  return new Command('state').addCommand(
    new Command('get')
      .summary('print what a store holds under a key, as lines of JSON')
      .addArgument(new Argument('<store>', `which: ${namesOfStores().join(', ')}`).argParser(storeNamed))
      .argument('<key>', 'the key of the rows; - reads it from the standard input')
      .addHelpText(
        'after',
        '\nA line is {"partition","time","value"}: the value as the operator keeps it, and for windows the start of each, in ISO 8601.' +
          '\nIt is what the last commits left, read from the changelog, so that nobody need be running; a large one takes its time.' +
          "\nA key may be a person's: with - it stays out of the shell's history and the list of processes; it is printed nowhere." +
          '\n\n  continuo state get listening-totals/fold-window-1 ARTIST' +
          '\n  continuo state get listening-totals/fold-window-1 - < file-with-the-key',
      )
      .action(get),
  )
}

async function get(
  { topology, store }: StoreName,
  given: string,
  _: unknown,
  command: Command,
): Promise<void> {
  const config = loadConfig()
  const key = given === '-' ? (await text(process.stdin)).replace(/\r?\n$/, '') : given
  await requireServices(config, ['kafka'])
  const kafka = connectKafka(config, 'continuo-state', commandLog('state', config))
  const shape = shapeOf(topology, config.DEDUPLICATION_HOURS)
  const found = await stateOfKey({ kafka, topicPrefix: config.TOPIC_PREFIX, topology: shape, store, key })
  for (const { time, ...rest } of found.sort((one, other) => (one.time ?? 0) - (other.time ?? 0)))
    console.log(JSON.stringify({ ...rest, ...(time !== undefined && { time: isoTime(time) }) }, asJson))
  if (found.length === 0) command.error(`${topology}/${store} holds nothing under this key`)
}

/** What a person may have a key of: stream times are no row's. */
const storesOf = (topology: string) =>
  describe(shapeOf(topology))
    .stores.map(({ name }) => name)
    .filter((store) => kindOf(store) !== 'stream-time')

const namesOfStores = () =>
  topologyNames.flatMap((topology) => storesOf(topology).map((store) => `${topology}/${store}`))

function storeNamed(name: string): StoreName {
  const [topology = '', store = ''] = name.split('/')
  if (namesOfStores().includes(name)) return { topology, store }
  throw new InvalidArgumentError(`Stores are ${namesOfStores().join(', ')}.`)
}
