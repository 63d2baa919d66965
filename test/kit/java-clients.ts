import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Downloads, cacheFolder } from '../../stack/downloads/cache.ts'
import { findJava } from '../../stack/downloads/java.ts'
import { fetchJars } from '../../stack/downloads/maven.ts'
import { services } from './services.ts'

/** Of the same version as the local broker's. */
const TOOLS = 'org.apache.kafka:kafka-tools:4.4.0'
const WITHIN_MS = 60_000

/** The console clients that come with Kafka, fetched the first time. Each answers what it prints. */
export async function javaClients() {
  const { env } = process
  const downloads: Downloads = {
    folder: cacheFolder(env),
    env,
    signal: AbortSignal.timeout(600_000),
    progress: () => undefined,
  }
  const jars = await fetchJars(downloads, [TOOLS], "Kafka's console clients")
  const java = await findJava(17, downloads)
  const { kafkaBrokers } = await services()

  async function run(client: string, args: string[], input = ''): Promise<string> {
    const jvm = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', join(jars, '*')]
    const running = promisify(execFile)(
      java,
      [...jvm, `org.apache.kafka.tools.${client}`, '--bootstrap-server', kafkaBrokers, ...args],
      { timeout: WITHIN_MS },
    )
    running.child.stdin?.end(input)
    const { stdout } = await running
    return stdout
  }

  return {
    /** The first `count` committed records of a topic, in order: where they lie, time, headers, key and value, tabs between. */
    async consume(topic: string, count: number): Promise<string[]> {
      const shown = ['timestamp', 'partition', 'offset', 'headers', 'key', 'value']
      const printed = await run('consumer.ConsoleConsumer', [
        '--topic',
        topic,
        '--from-beginning',
        '--isolation-level',
        'read_committed',
        '--max-messages',
        String(count),
        '--timeout-ms',
        String(WITHIN_MS / 2),
        ...shown.flatMap((each) => ['--formatter-property', `print.${each}=true`]),
      ])
      return printed.trimEnd().split('\n')
    },
    /** Writes lines as values. */
    async produce(topic: string, compression: string, lines: readonly string[]): Promise<void> {
      await run(
        'ConsoleProducer',
        ['--topic', topic, '--compression-codec', compression],
        `${lines.join('\n')}\n`,
      )
    },
  }
}
