import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { findJava } from '../downloads/java.ts'
import { fetchJars } from '../downloads/maven.ts'
import { runTool } from '../downloads/run-tool.ts'
import { freePort } from '../ports.ts'
import versions from '../versions.json' with { type: 'json' }
import { javaVersion, keepClasses } from './jvm.ts'
import type { Command, ServiceContext, ServiceDefinition } from './service.ts'

/** Apache Kafka: one node that is broker and controller (KRaft). */
export const kafka: ServiceDefinition = {
  title: 'Kafka',
  defaultPort: 9092,
  portVariable: 'CONTINUO_KAFKA_PORT',
  urlVariable: 'KAFKA_BROKERS',
  url: (port) => `127.0.0.1:${port}`,
  prepare,
  answers,
}

const jvmOptions = [
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
]

async function prepare({ port, folder, downloads }: ServiceContext): Promise<Command> {
  const [java, jars] = await Promise.all([
    findJava(javaVersion, downloads),
    fetchJars(downloads, [versions.kafka.maven, versions.kafka.logging], 'Apache Kafka'),
  ])
  const properties = join(folder, 'server.properties')
  const log = join(folder, 'data')
  await writeFile(properties, serverProperties({ port, controllerPort: await freePort(), log }))
  const run = [...jvmOptions, '-cp', join(jars, '*')]
  if (!existsSync(join(log, 'meta.properties'))) {
    const id = randomBytes(16).toString('base64url')
    const format = [
      'kafka.tools.StorageTool',
      'format',
      '--ignore-formatted',
      `--cluster-id=${id}`,
      '-c',
      properties,
    ]
    await runTool(java, ['-XX:TieredStopAtLevel=1', ...run, ...format], downloads)
  }
  const args = [...keepClasses(downloads, 'kafka'), ...run, 'kafka.Kafka', properties]
  return { file: java, args, env: downloads.env }
}

/** Serves requests, and has let its broker in again: after a kill the port is open well before that. */
async function answers(port: number): Promise<boolean> {
  const admin = new Kafka({
    brokers: [kafka.url(port)],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    requestTimeout: 1000,
    retry: { retries: 0 },
  }).admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    return brokers.length > 0
  } finally {
    await admin.disconnect()
  }
}

function serverProperties(at: { port: number; controllerPort: number; log: string }): string {
  const lines = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${at.controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${at.port},CONTROLLER://127.0.0.1:${at.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${at.port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': at.log,
    ...brokerSettings,
  }
  return Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

/** What docker-compose.yml sets, too; a test holds the two together. */
export const brokerSettings = {
  'auto.create.topics.enable': false,
  // One node: every internal topic has one replica, and few partitions, which start faster.
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 4,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'transaction.state.log.num.partitions': 4,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  'group.initial.rebalance.delay.ms': 0,
  // As long as records that sinks count: with their offsets gone they would count them again.
  'offsets.retention.minutes': 43_200,
  // After a kill the controller lets the broker in again when its old session has run out: 9 s by default.
  'broker.session.timeout.ms': 1500,
  'broker.heartbeat.interval.ms': 300,
  // Dead letters hold a whole refused record and more, so their topic allows larger records than the others.
  'replica.fetch.max.bytes': 4_194_304,
  'log.cleaner.dedupe.buffer.size': 16_777_216,
} as const
