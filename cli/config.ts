import { readFileSync } from 'node:fs'
import { bool, cleanEnv, host, port, str } from 'envalid'
import type { Guarantee } from '../pipelines/engine/kafka/delivery.ts'
import type { StateStore } from '../pipelines/engine/kafka/local-state/state-directory.ts'
import { whyNotOnDisk } from '../pipelines/engine/kafka/local-state/why-not-on-disk.ts'
import { runDefaults } from '../pipelines/engine/kafka/run-defaults.ts'
import { DEFAULT_K } from '../schemas/k-anonymity.ts'
import { accessVariables } from './access-variables.ts'
import { clusterVariables } from './cluster-variables.ts'
import {
  brokers,
  fewestListeners,
  key,
  modelStore,
  notNegative,
  positive,
  prefix,
  publicKey,
  pushOrigin,
  share,
  subject,
  urlLike,
  webSocketUrl,
} from './variables.ts'
import { asGiven } from './as-given.ts'

/** A variable of the environment is missing or wrong. The message names it and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Every variable, its default, and what it is for: `continuo --help` and the README list the same. */
const variables = {
  KAFKA_BROKERS: brokers({ default: ['localhost:9092'] }),
  KAFKA_SASL_MECHANISM: str({ choices: ['', 'plain', 'scram-sha-256', 'scram-sha-512'], default: '' }),
  KAFKA_SASL_USERNAME: str({ default: '' }),
  KAFKA_SASL_PASSWORD: str({ default: '' }),
  KAFKA_TLS: bool({ default: false }),
  KAFKA_TLS_CA: str({ default: '', desc: 'PEM file of the certificate authority' }),
  SCHEMA_REGISTRY_URL: urlLike('http://localhost:8081/apis/ccompat/v7'),
  REDIS_URL: urlLike('redis://localhost:6379'),
  CLICKHOUSE_URL: urlLike('http://localhost:8123'),
  CLICKHOUSE_DATABASE: prefix({ default: 'continuo' }),
  TOPIC_PREFIX: prefix({ default: runDefaults.topicPrefix }),
  APPLICATION_ID: prefix({ default: 'continuo' }),
  REDIS_PREFIX: str({ default: 'continuo:' }),
  PARTITIONS: positive({ default: 2, desc: 'of plays and what follows from it; for new topics only' }),
  REPLICATION_FACTOR: positive({ default: runDefaults.replicationFactor, desc: 'of new topics' }),
  COMMIT_GAP_MS: notNegative({
    default: runDefaults.commitGapMs,
    desc: 'least time between two transactions of a topology',
  }),
  MAX_TASK_IDLE_MS: notNegative({
    default: runDefaults.maxTaskIdleMs,
    desc: 'how long inputs of a join or merge wait for one that is behind; 0: not at all',
  }),
  PROCESSING_GUARANTEE: str({
    choices: ['exactly-once', 'at-least-once'] as const satisfies readonly Guarantee[],
    default: runDefaults.guarantee,
    desc: 'of topologies; at-least-once: no transactions, and a kill may double rows',
  }),
  STATE_DIR: str({
    default: runDefaults.stateDir,
    desc: 'folder in which `continuo run` keeps state beside its changelogs, so that it starts sooner; empty: none',
  }),
  STATE_STORE: str({
    choices: ['memory', 'disk'] as const satisfies readonly StateStore[],
    default: runDefaults.stateStore,
    desc: 'where state is kept: memory, or disk (in STATE_DIR) for state that is larger than memory',
  }),
  MODEL_STORE: modelStore({
    default: '.continuo/models',
    desc: 'where models for recommendations lie: a folder, or s3://BUCKET/PREFIX; all who run them share it',
  }),
  AWS_ENDPOINT_URL_S3: str({ default: '', desc: 'address of an object store that is not Amazon’s' }),
  RECOMMENDATION_INTERVAL_MS: positive({
    default: 1_000,
    desc: 'a listener has one new list of recommendations in this time at most',
  }),
  RECOMMENDATION_RULES: str({
    default: '',
    desc: 'JSON file of artists who are not recommended: {"blocked": ["ID"], "blockedIn": {"DE": ["ID"]}}',
  }),
  NOTIFY_GAP_MS: positive({
    default: 6 * 3_600_000,
    desc: 'a listener has one notification in this time at most',
  }),
  NOTIFY_FROM_SCORE: notNegative({
    default: 0.25,
    desc: 'from which score on a recommendation is worth a notification',
  }),
  PUSHES_A_DAY: notNegative({
    default: 3,
    desc: 'a listener gets so many pushes in 24 hours at most, unless they have said otherwise',
  }),
  VAPID_SUBJECT: subject({
    default: 'mailto:continuo@localhost',
    desc: 'whom push services may write to: mailto: or https:',
  }),
  PUSH_ALLOWED_ORIGIN: pushOrigin({
    default: '',
    desc: 'one origin of push services that may be at a private address, for `continuo push sandbox`; not in production',
  }),
  PUSH_ALLOWED_ORIGIN_CA: str({ default: '', desc: 'PEM file of the authority that signs its certificate' }),
  DEDUPLICATION_HOURS: positive({ default: 24, desc: 'how long anonymise remembers an event id' }),
  K_ANONYMITY: fewestListeners({
    default: DEFAULT_K,
    desc: 'what fewer listeners have played is not published; 1 where the data are your own alone',
  }),
  GATEWAY_HOST: host({ default: '127.0.0.1' }),
  GATEWAY_PORT: port({ default: 8000 }),
  GATEWAY_URL: webSocketUrl({
    default: '',
    desc: 'where browsers reach the gateway; default ws://localhost:GATEWAY_PORT/connection/websocket',
  }),
  ...clusterVariables,
  DASHBOARD_HOST: host({ default: '127.0.0.1' }),
  DASHBOARD_PORT: port({ default: 8080 }),
  ...accessVariables,
  DEAD_LETTER_KEY_ID: str({ default: 'k1' }),
  DEAD_LETTER_OLD_KEYS: str({ default: '', desc: 'ID=KEY,… of before, by which `continuo dlq` opens' }),
  DEAD_LETTER_RATIO: share({
    default: runDefaults.deadLetterRatio,
    desc: 'what share of its records a topology may set aside before it stops',
  }),
  DEAD_LETTER_RUN: notNegative({
    default: runDefaults.deadLetterRun,
    desc: 'how many in a row, or above that share, it sets aside before it stops; 0: it never does',
  }),
  PSEUDONYM_KEYS: str({
    default: '',
    desc: 'file of the wrapped keys of pseudonyms, as `continuo privacy rotate --new` makes it; all roles need it',
  }),
  WRAPPING_KEYS: str({ default: '', desc: 'ID=KEY,… that the keys of pseudonyms are wrapped with' }),
  WRAPPING_KEYS_FILE: str({ default: '', desc: 'file of the same, a line each' }),
  PUSH_KEY_ID: str({ default: 'k1' }),
  VAPID_PUBLIC_KEY: publicKey({
    default: '',
    desc: 'what browsers subscribe to pushes with; empty: the page offers none',
  }),
  PLAYS_PER_SECOND: notNegative({ default: 50 }),
  HEALTH_HOST: host({ default: '127.0.0.1' }),
  HEALTH_PORT: port({ default: 9100 }),
  LOG_LEVEL: str({
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
  }),
}

const keys = {
  PSEUDONYM_KEY: key(),
  DEAD_LETTER_KEY: key(),
  TOKEN_KEY: key(),
  PUSH_KEY: key(),
  VAPID_KEY: key(),
}

/** Names of the keys: secrets without a default. */
export type KeyName = keyof typeof keys

interface ReporterOptions {
  errors: Record<string, Error | undefined>
}

/** envalid's own messages repeat the value: perhaps a secret that got into the wrong variable. */
function withoutValue(message: string): string {
  return message
    .replace(/^Value "[^]*" not in choices/, 'expected one of')
    .replace(/^Invalid ([^:]*?)(?: input)?: "[^]*"$/, 'expected a $1')
}

/** `A, B and C` */
export function listed(names: readonly string[]): string {
  return names.join(', ').replace(/, ([^,]*)$/, ' and $1')
}

const makeKeys =
  'set each to 32 bytes in base64 (openssl rand -base64 32), or run `continuo start --dev`, which makes development keys.'

/** Names every bad variable; `remedy` is for keys that are missing. */
function refusing(env: NodeJS.ProcessEnv, remedy = `Secrets have no default: ${makeKeys}`) {
  return ({ errors }: ReporterOptions): void => {
    const bad = Object.entries(errors)
    const unset = bad.filter(([, error]) => error?.name === 'EnvMissingError').map(([name]) => name)
    const lines = bad
      .filter(([name]) => !unset.includes(name))
      .map(
        ([name, error]) =>
          `${name}: ${withoutValue(error?.message ?? 'not a valid value')}${asGiven(name, env[name])}`,
      )
    if (unset.length > 0) {
      lines.unshift(`${listed(unset)} ${unset.length > 1 ? 'are' : 'is'} not set. ${remedy}`)
    }
    if (lines.length > 0) throw new ConfigError(lines.join('\n'))
  }
}

/** What the roles of `continuo start` read for themselves. */
export const environment = (): NodeJS.ProcessEnv => process.env

/** Reads and checks the environment. @throws ConfigError naming each bad variable. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env) {
  const config = cleanEnv(env, variables, { reporter: refusing(env) })
  const mechanism = config.KAFKA_SASL_MECHANISM
  if (mechanism !== '' && config.KAFKA_SASL_USERNAME === '') {
    throw new ConfigError(`KAFKA_SASL_USERNAME is not set, but KAFKA_SASL_MECHANISM is ${mechanism}`)
  }
  const { STATE_STORE: stateStore, STATE_DIR: stateDir, PROCESSING_GUARANTEE: guarantee } = config
  const refusal = whyNotOnDisk({ stateStore, stateDir, guarantee })
  if (refusal !== undefined) throw new ConfigError(refusal)
  return {
    ...config,
    ca: readPem('KAFKA_TLS_CA', config),
    pushSandbox: pushSandboxOf(config),
  }
}

export type Config = ReturnType<typeof loadConfig>

/** Where ClickHouse is, as its client is told. */
export const clickhouseOf = ({
  CLICKHOUSE_URL: url,
  CLICKHOUSE_DATABASE: database,
}: Pick<Config, 'CLICKHOUSE_URL' | 'CLICKHOUSE_DATABASE'>) => ({ url, database })

/**
 * Reads secrets, 32 bytes each.
 * @param remedy what to do about keys that are not set, instead of making some
 * @throws ConfigError naming all that are missing or malformed: there is no default.
 */
export function loadKeys<Name extends KeyName>(
  names: readonly Name[],
  env: NodeJS.ProcessEnv = process.env,
  remedy?: string,
): Record<Name, Buffer> {
  const wanted = Object.fromEntries(names.map((name) => [name, keys[name]]))
  const read: Partial<Record<string, unknown>> = cleanEnv(env, wanted, { reporter: refusing(env, remedy) })
  return Object.fromEntries(names.map((name) => [name, read[name]])) as Record<Name, Buffer>
}

type PushOrigin = Readonly<Record<'PUSH_ALLOWED_ORIGIN' | 'PUSH_ALLOWED_ORIGIN_CA', string>>

/** The origin that pushes may go to at a private address, and its authority. @throws ConfigError for half of it, and in production */
function pushSandboxOf(config: PushOrigin): { origin: string; ca: string } | undefined {
  const { PUSH_ALLOWED_ORIGIN: origin } = config
  if (origin === '') return undefined
  if (process.env['NODE_ENV'] === 'production')
    throw new ConfigError(
      'PUSH_ALLOWED_ORIGIN is for trying things out: it cannot be set where NODE_ENV is production',
    )
  const ca = readPem('PUSH_ALLOWED_ORIGIN_CA', config)
  if (ca !== undefined) return { origin, ca }
  throw new ConfigError(
    'PUSH_ALLOWED_ORIGIN_CA is not set: name the file that `continuo push sandbox` has written',
  )
}

/** The file that a variable names, if it names one. */
function readPem<Name extends string>(name: Name, { [name]: file }: Readonly<Record<Name, string>>) {
  if (file === '') return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`${name}: cannot read ${file}`, { cause: error })
  }
}
