import { Argument, Command } from 'commander'
import { hours, runTopology, topologyMetrics } from '../pipelines/engine/index.ts'
import { topologies } from '../pipelines/topologies/index.ts'
import { openCodec } from './codec.ts'
import { loadKey } from './config.ts'
import { connectKafka } from './kafka.ts'
import { runProcess } from './process.ts'

/** `continuo run [TOPOLOGY…]` */
export function runCommand(): Command {
  const names = Object.keys(topologies)
  return new Command('run')
    .summary('run topologies; start it again, here or elsewhere, to share the work')
    .addArgument(new Argument('[topology...]', 'which').choices(names).default(names, 'all'))
    .action((chosen: string[]) =>
      runProcess('run', async ({ config, log, metrics, crash }) => {
        const options = {
          pseudonymKey: loadKey('PSEUDONYM_KEY'),
          rememberMs: hours(config.DEDUPLICATION_HOURS),
        }
        const deadLetterKey = { id: config.DEAD_LETTER_KEY_ID, bytes: loadKey('DEAD_LETTER_KEY') }
        const reported = topologyMetrics(metrics)
        const running = await Promise.all(
          chosen.map(async (name) =>
            runTopology({
              kafka: connectKafka(config, `continuo-${name}`, log),
              topology: topologies[name]!(options),
              codec: await openCodec(config, log),
              topicPrefix: config.TOPIC_PREFIX,
              applicationId: config.APPLICATION_ID,
              deadLetterKey,
              replicationFactor: config.REPLICATION_FACTOR,
              commitGapMs: config.COMMIT_GAP_MS,
              metrics: reported,
              crash,
              log,
            }),
          ),
        )
        return {
          ready: () => running.every((each) => each.ready()),
          stop: async () => {
            await Promise.all(running.map((each) => each.stop()))
          },
        }
      }),
    )
}
