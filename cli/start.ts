import { resolve } from 'node:path'
import { Command } from 'commander'
import { defaultDataDir } from './keys.ts'
import { numberOf } from './options.ts'
import { onStopSignals } from './signals.ts'
import { startAll } from './supervisor/start-all.ts'

interface Flags {
  dev: boolean
  simulator: boolean
  rate?: number
  dataDir: string
}

/** `continuo start [--dev]` */
export function startCommand(): Command {
  return new Command('start')
    .summary('start everything: services that are missing, pipelines, sinks, gateway, dashboard, simulator')
    .option('--dev', 'make development keys where the environment has none, and keep them', false)
    .option('--no-simulator', 'send no invented plays')
    .option('--rate <plays>', 'invented plays a second (default: PLAYS_PER_SECOND)', numberOf)
    .option('--data-dir <folder>', 'where data, logs and development keys are kept', defaultDataDir)
    .action(start)
}

async function start({ dataDir, ...flags }: Flags): Promise<void> {
  const stopped = new AbortController()
  onStopSignals(
    ['SIGINT', 'SIGTERM', 'SIGHUP'],
    (signal) => stopped.abort(new Error(signal)),
    // What still runs is left to the guard of the children.
    () => process.exit(1),
  )
  const { signal } = stopped
  try {
    const running = await startAll({
      ...flags,
      dataDir: resolve(dataDir),
      env: process.env,
      progress: say,
      signal,
    })
    say(`Continuo is up: ${running.page} (Ctrl-C stops everything)`)
    await aborted(signal)
    say('Stopping …')
    await running.stop()
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
