import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { type ReceivedPush, startPushSandbox } from '../../gateway/push/sandbox/sandbox.ts'
import { defaultDataDir } from '../keys.ts'
import { whole } from '../options.ts'
import { onStopSignals } from '../signals.ts'

interface Flags {
  port: number
  caFile: string
  latency: number
}

const HIGHEST_PORT = 65_535

/** `continuo push sandbox` */
export function pushSandboxCommand(): Command {
  return new Command('sandbox')
    .summary('a push service to try against, as strict as a real one, on this machine alone')
    .option('--port <port>', 'where it listens', whole(HIGHEST_PORT), 9443)
    .option('--latency <ms>', 'how long its answers take', whole(60_000), 1)
    .option(
      '--ca-file <file>',
      'where the authority of its certificate is written',
      join(defaultDataDir, 'push-sandbox-ca.pem'),
    )
    .addHelpText(
      'after',
      `
POST /subscriptions    {"behaviour"?: "accept" | "410" | "429" | "reset" | …}: a browser that subscribes
GET  /pushes           what has been taken, decrypted`,
    )
    .action(runSandbox)
}

async function runSandbox({ port, caFile, latency: latencyMs }: Flags): Promise<void> {
  const sandbox = await startPushSandbox({ port, latencyMs, onPush: (push) => console.log(lineOf(push)) })
  mkdirSync(dirname(caFile), { recursive: true })
  writeFileSync(caFile, sandbox.ca)
  console.log(`Push sandbox at ${sandbox.origin} (Ctrl-C stops it). Have \`continuo push\` take it for a push service:

  PUSH_ALLOWED_ORIGIN=${sandbox.origin} PUSH_ALLOWED_ORIGIN_CA=${caFile}
`)
  onStopSignals(
    ['SIGINT', 'SIGTERM'],
    () => {
      void sandbox.close().then(() => process.exit(0))
    },
    () => process.exit(1),
  )
}

const lineOf = ({ text, ttl, urgency }: ReceivedPush) =>
  `push, good for ${ttl} s, urgency ${urgency}: ${text}`
