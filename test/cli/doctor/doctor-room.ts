import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import pino from 'pino'
import { loadConfig } from '../../../cli/config.ts'
import { groups } from '../../../cli/doctor/groups.ts'
import { wantedTopics } from '../../../cli/doctor/kafka/wanted-topics.ts'
import { connectKafka } from '../../../pipelines/engine/index.ts'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { setConfigs } from '../../../pipelines/engine/kafka/plan-topics.ts'
import type { Finding } from '../../../sinks/finding.ts'
import { runCli } from '../../gateway/kit/cli.ts'

const titles = ['Keys', 'Kafka', 'Schema registry', 'Redis', 'ClickHouse'] as const
export type Title = (typeof titles)[number]

/** Services whose settings a test may spoil. */
export interface Spoilable {
  env: NodeJS.ProcessEnv
  /** Where keys of a development stack would be. */
  dataDir: string
}

interface Looked {
  env?: Record<string, string>
  now?: () => number
}

/** The doctor's looks at services. `besides`: names of what is not in order there, and is not meant. */
export function doctorRoom(system: Spoilable, besides: readonly string[] = []) {
  const brokers = system.env.KAFKA_BROKERS!.split(',')
  const kafka = connectKafka({ clientId: 'test', brokers, tls: false, log: pino({ level: 'silent' }) })

  /** What is not in order of one service, by name. */
  async function notOk(title: Title, { env: more = {}, now = Date.now }: Looked = {}) {
    const env = { ...system.env, ...more }
    const flags = { dev: true, dataDir: system.dataDir }
    const { findings } = await groups[titles.indexOf(title)]!({ config: loadConfig(env), env, flags, now })
    const others = findings
      .filter((finding) => finding.state !== 'ok')
      .filter(({ name }) => !besides.includes(name))
    return Object.fromEntries(others.map(({ name, ...finding }) => [name, finding]))
  }

  async function continuo(t: TestContext, args: string[], env: Record<string, string> = {}) {
    const own = Object.fromEntries(Object.entries(system.env).flatMap(([k, v]) => (v ? [[k, v]] : [])))
    const { ended, stdout, stderr } = runCli(t, args, { ...own, ...env })
    return { code: await ended, stdout: stdout(), stderr: stderr() }
  }

  const setTopic = (topic: string, config: Readonly<Record<string, string>>) =>
    withAdmin(kafka, (admin) => setConfigs(admin, new Map([[topic, config]])))

  return {
    kafka,
    notOk,
    continuo,

    /** That just one thing is not in order: its state, and what is said of it and its remedy. */
    async alone(title: Title, name: string, state: Finding['state'], found: RegExp, remedy: RegExp) {
      const seen = await notOk(title)
      assert.deepEqual(Object.keys(seen), [name])
      assert.equal(seen[name]!.state, state)
      assert.match(seen[name]!.found, found)
      assert.match(seen[name]!.remedy, remedy)
    },

    doctor: (t: TestContext, args: string[] = [], env: Record<string, string> = {}) =>
      continuo(t, ['doctor', '--dev', '--data-dir', system.dataDir, ...args], env),

    /** Gives a topic one other setting while `work` runs. */
    async withTopic(topic: string, [name, value]: readonly [string, string], work: () => Promise<void>) {
      const { all } = wantedTopics(loadConfig(system.env))
      const right = all.find((each) => each.topic === topic)!.config
      await setTopic(topic, { ...right, [name]: value })
      try {
        await work()
      } finally {
        await setTopic(topic, right)
      }
    },
  }
}
