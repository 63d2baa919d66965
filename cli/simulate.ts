import { Command, InvalidArgumentError } from 'commander'
import pino from 'pino'
import {
  type Simulator,
  type SimulatorOptions,
  noDisorder,
  startControl,
  startSimulator,
} from '../sources/simulator/index.ts'
import { openCodec } from './codec.ts'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { connectKafka } from './kafka.ts'
import { numberOf, whole } from './options.ts'
import { requireNoRekey } from './privacy/epoch-in-kafka.ts'
import { runProcess } from './process.ts'
import { requireServices } from './reachable.ts'
import { onStopSignals } from './signals.ts'

interface Flags {
  rate?: number
  seed?: string
  startAt?: number
  listeners?: number
  count?: number
  controlPort: number
  companion: boolean
  clean: boolean
}

/** The user who listens all the time, and whose recommendations the page of `continuo start --dev` shows. */
export const COMPANION = 'listener-0'
/** A play that says something of its listener has half a minute at least. */
const COMPANION_PLAYS_A_SECOND = 1 / 35

/** `continuo simulate` */
export function simulateCommand(): Command {
  return new Command('simulate')
    .option('--rate <plays>', 'plays a second (default: PLAYS_PER_SECOND)', numberOf)
    .option('--count <plays>', 'stop after so many, and print what was sent as one line of JSON', whole())
    .option('--seed <text>', 'the same seed sends the same plays again, as duplicates (default: a new one)')
    .option('--start-at <time>', 'when the plays begin, e.g. 2026-01-31T20:00:00Z (default: now)', timeOf)
    .option('--listeners <number>', 'how many there are (default: 100000)', whole())
    .option(
      '--companion',
      `with ${COMPANION}, who listens all the time and hears something else each half minute`,
      false,
    )
    .option('--clean', 'each play once, in order and well-formed: nothing of it is set aside', false)
    .option('--control-port <port>', 'where the rate can be changed', portOf, 9106)
    .action((flags: Flags) => (flags.count === undefined ? simulateOn(flags) : simulateSome(flags)))
}

/** Until it is stopped, as a process with health, metrics and the port for the rate. */
function simulateOn(flags: Flags): Promise<void> {
  return runProcess('simulate', async ({ config, log, metrics, crash }) => {
    const simulator = await simulatorOf(config, log, { ...flagged(flags, config), metrics })
    simulator.done.catch(crash)
    const one = { playsPerSecond: COMPANION_PLAYS_A_SECOND, listeners: 1 }
    const companion = flags.companion ? await simulatorOf(config, log, one) : undefined
    companion?.done.catch(crash)
    const control = await startControl({ simulator, host: config.HEALTH_HOST, port: flags.controlPort })
    log.info({ control: control.port }, 'the rate can be set with PUT /rate')
    return {
      ready: () => simulator.ready(),
      stop: async () => {
        await control.stop()
        await Promise.all([simulator.stop(), companion?.stop()])
      },
    }
  })
}

/** A number of plays; the counts are the only line on the standard output. */
async function simulateSome(flags: Flags): Promise<void> {
  const config = loadConfig()
  const log = pino({ name: 'simulate', level: config.LOG_LEVEL }, pino.destination(2))
  await requireServices(config, ['kafka', 'schemaRegistry'])
  await requireNoRekey({ kafka: connectKafka(config, 'continuo-simulate', log), config })
  const simulator = await simulatorOf(config, log, flagged(flags, config))
  // What goes wrong while it stops is told by `done`.
  const stop = () => void simulator.stop().catch(() => undefined)
  onStopSignals(['SIGTERM', 'SIGINT'], stop, () => process.exit(1))
  const counts = await simulator.done
  await simulator.stop()
  console.log(JSON.stringify({ seed: simulator.seed, ...counts }))
  // A batch that a broker that is away has not acknowledged would keep the process for ever.
  process.exit()
}

type Wanted = Pick<
  SimulatorOptions,
  'playsPerSecond' | 'seed' | 'startAt' | 'listeners' | 'count' | 'metrics' | 'disorder'
>

async function simulatorOf(config: Config, log: pino.Logger, wanted: Wanted): Promise<Simulator> {
  return startSimulator({
    kafka: connectKafka(config, 'continuo-simulate', log),
    codec: await openCodec(config, log),
    topicPrefix: config.TOPIC_PREFIX,
    log,
    ...wanted,
  }).catch(nameOption)
}

function flagged({ rate, seed, startAt, listeners, count, clean }: Flags, config: Config): Wanted {
  const wanted = { playsPerSecond: rate ?? config.PLAYS_PER_SECOND, seed, startAt, listeners, count }
  return clean ? { ...wanted, disorder: noDisorder } : wanted
}

function nameOption(error: unknown): never {
  if (!(error instanceof RangeError)) throw error
  throw new ConfigError(`--rate or PLAYS_PER_SECOND: ${error.message}`)
}

function portOf(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('Give a port from 0 (any) to 65535.')
  return port
}

function timeOf(text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new InvalidArgumentError('Give a time like 2026-01-31T20:00:00Z.')
  return time
}
