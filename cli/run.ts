import { Argument, Command, InvalidArgumentError } from 'commander'
import { type RunningTopology, hours, runTopology, topologyMetrics } from '../pipelines/engine/index.ts'
import { topologies } from '../pipelines/topologies/index.ts'
import { openCodec } from './codec.ts'
import { connectKafka } from './kafka.ts'
import { type KeyFlags, readKeys, withKeyFlags } from './keys.ts'
import { runProcess } from './process.ts'
import { publishStatus } from './status/publish-status.ts'

const names = Object.keys(topologies)

/** `continuo run [TOPOLOGY…]` */
export function runCommand(): Command {
  return withKeyFlags(new Command('run'))
    .summary('run topologies; start it again, here or elsewhere, to share the work')
    .addArgument(
      new Argument('[topology...]', 'which').choices(names).default(names, 'all').argParser(addTopology),
    )
    .action((chosen: string[], flags: KeyFlags) => {
      const keys = keysFor(chosen, flags)
      return runProcess('run', async ({ config, log, metrics, crash }) => {
        const options = {
          get pseudonymKey() {
            return keys.pseudonym()
          },
          rememberMs: hours(config.DEDUPLICATION_HOURS),
        }
        const deadLetterKey = { id: config.DEAD_LETTER_KEY_ID, bytes: keys.deadLetter }
        const reported = topologyMetrics(metrics)
        const running: RunningTopology[] = []
        const published = publishStatus({
          ...{ config, running, log },
          kafka: connectKafka(config, 'continuo-status', log),
        })
        await Promise.all(
          chosen.map(async (name) => {
            const started = await runTopology({
              kafka: connectKafka(config, `continuo-${name}`, log),
              topology: topologies[name]!(options),
              codec: await openCodec(config, log),
              topicPrefix: config.TOPIC_PREFIX,
              applicationId: config.APPLICATION_ID,
              deadLetterKey,
              replicationFactor: config.REPLICATION_FACTOR,
              commitGapMs: config.COMMIT_GAP_MS,
              maxTaskIdleMs: config.MAX_TASK_IDLE_MS,
              stateDir: config.STATE_DIR,
              guarantee: config.PROCESSING_GUARANTEE,
              metrics: reported,
              crash,
              log,
            })
            running.push(started)
          }),
        )
        return {
          ready: () => running.every((each) => each.ready()),
          status: () => running.map((each) => each.status()),
          stop: async () => {
            await Promise.all(running.map((each) => each.stop()))
            await published.stop()
          },
        }
      })
    })
}

/** The keys of these topologies; what is missing of them is told at once. */
function keysFor(chosen: readonly string[], flags: KeyFlags): { deadLetter: Buffer; pseudonym(): Buffer } {
  if (chosen.includes('anonymise')) {
    const { PSEUDONYM_KEY, DEAD_LETTER_KEY } = readKeys(['PSEUDONYM_KEY', 'DEAD_LETTER_KEY'], flags)
    return { deadLetter: DEAD_LETTER_KEY, pseudonym: () => PSEUDONYM_KEY }
  }
  const { DEAD_LETTER_KEY } = readKeys(['DEAD_LETTER_KEY'], flags)
  // Read if a topology does use it, so that none runs with a made-up one.
  return { deadLetter: DEAD_LETTER_KEY, pseudonym: () => readKeys(['PSEUDONYM_KEY'], flags).PSEUDONYM_KEY }
}

function addTopology(name: string, before: string[]): string[] {
  if (!names.includes(name)) {
    throw new InvalidArgumentError(
      `Allowed choices are ${names.join(', ')}; a new one is named in pipelines/topologies/index.ts.`,
    )
  }
  return before === names ? [name] : [...before, name]
}
