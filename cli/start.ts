import { resolve } from 'node:path'
import { Command } from 'commander'
import { defaultDataDir } from './keys.ts'
import { numberOf } from './options.ts'
import { onStopSignals } from './signals.ts'
import { startAll, startServices } from './supervisor/start-all.ts'

interface Flags {
  dev: boolean
  servicesOnly: boolean
  simulator: boolean
  rate?: number
  dataDir: string
}

/** `continuo start [--dev]` */
export function startCommand(): Command {
  return new Command('start')
    .option('--dev', 'make development keys where the environment has none, and keep them', false)
    .option(
      '--services-only',
      'Kafka, schema registry, Redis and ClickHouse, and nothing that works on them',
      false,
    )
    .option('--no-simulator', 'send no invented plays')
    .option('--rate <plays>', 'invented plays a second (default: PLAYS_PER_SECOND)', numberOf)
    .option('--data-dir <folder>', 'where data, logs and development keys are kept', defaultDataDir)
    .action(start)
}

async function start({ servicesOnly, dataDir, ...flags }: Flags): Promise<void> {
  const stopped = new AbortController()
  onStopSignals(
    ['SIGINT', 'SIGTERM', 'SIGHUP'],
    (signal) => stopped.abort(new Error(signal)),
    // What still runs is left to the guard of the children.
    () => process.exit(1),
  )
  const { signal } = stopped
  try {
    const options = { dataDir: resolve(dataDir), env: process.env, progress: say, signal }
    const { page, stop }: { page?: string; stop(): Promise<void> } = servicesOnly
      ? await startServices(options)
      : await startAll({ ...flags, ...options })
    if (page === undefined) say('The services are up (Ctrl-C stops them)')
    else say(`Continuo is up: ${page} (Ctrl-C stops everything)`)
    await aborted(signal)
    say('Stopping …')
    await stop()
  } catch (error) {
    if (!signal.aborted) throw error
  }
  say('Stopped.')
  process.exit(0)
}

function say(line: string): void {
  console.log(line)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    else
      signal.addEventListener('abort', () => {
        done()
      })
  })
}
