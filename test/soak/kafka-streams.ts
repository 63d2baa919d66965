import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Downloads, cacheFolder } from '../../stack/downloads/cache.ts'
import { findJava } from '../../stack/downloads/java.ts'
import { fetchJars } from '../../stack/downloads/maven.ts'
import { type Answers, type Channel, noAnswers } from './answers.ts'
import type { Case, CaseRow, Operator } from './cases.ts'

/** The version that has computed the vectors of `test/pipelines/vectors/kafka-streams`. */
export const defaultVersion = '4.3.1'

const program = join(import.meta.dirname, 'java', 'KafkaStreamsAnswers.java')
/** Kafka Streams in a process of its own. */
export interface KafkaStreams {
  /** What its TopologyTestDriver emits, each case in a driver of its own. */
  answers(cases: readonly Case[]): Promise<Answers[]>
  stop(): Promise<void>
}

/** Fetches Kafka Streams the first time, and starts it. Needs a JDK from 17 on: the program is compiled as it starts. */
export async function startKafkaStreams(version: string, say: (line: string) => void): Promise<KafkaStreams> {
  const { env } = process
  const signal = AbortSignal.timeout(600_000)
  const downloads: Downloads = { folder: cacheFolder(env), env, signal, progress: say }
  const jars = await fetchJars(
    downloads,
    [`org.apache.kafka:kafka-streams-test-utils:${version}`],
    'Kafka Streams',
  )
  const java = await findJava(17, downloads)
  const stateFolder = await mkdtemp(join(tmpdir(), 'continuo-soak-'))

  const child = spawn(java, ['-Xmx512m', '-XX:+UseSerialGC', '-cp', join(jars, '*'), program, stateFolder])
  const lines = linesOf(child)
  return {
    async answers(cases) {
      child.stdin.write(cases.map(textOf).join(''))
      const all: Answers[] = []
      while (all.length < cases.length) all.push(await oneAnswer(lines))
      return all
    },
    async stop() {
      child.stdin.end()
      if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve))
      await rm(stateFolder, { recursive: true, force: true })
    },
  }
}

/** What the program prints. @throws what it says last, if it ends while something is expected. */
async function* linesOf(child: ChildProcessWithoutNullStreams): AsyncGenerator<string> {
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => (said = (said + bytes.toString()).slice(-4_000)))
  child.stdin.on('error', () => {
    // It has ended: its last words are thrown below.
  })
  yield* createInterface({ input: child.stdout })
  throw new Error(`Kafka Streams has ended; it needs a JDK from 17 on, compiler included. It said:\n${said}`)
}

async function oneAnswer(lines: AsyncGenerator<string>): Promise<Answers> {
  const answers = noAnswers()
  for (;;) {
    const { value: line } = (await lines.next()) as { value: string }
    if (line === 'end') return answers
    const [seq = '', word = '', ...rest] = line.split(' ')
    if (!isChannel(word, answers)) throw new Error(`Kafka Streams answers something unknown: ${line}`)
    // A session that has become part of another is taken back: that is no update of ours.
    if (!rest.includes('-') || word !== 'update') answers[word].push([seq, ...rest].join(' '))
  }
}

const isChannel = (word: string, answers: Answers): word is Channel => word in answers

function textOf({ operator, rows }: Case): string {
  return [`case ${wordsOf(operator).join(' ')}`, ...rows.map(rowText), 'end', ''].join('\n')
}

const rowText = ({ side, key, time, value }: CaseRow) => `${side} ${key} ${time} ${value ?? '-'}`

function wordsOf(operator: Operator): (string | number)[] {
  switch (operator.kind) {
    case 'tumbling':
      return [operator.kind, operator.size, operator.grace]
    case 'hopping':
      return [operator.kind, operator.size, operator.advance, operator.grace]
    case 'sliding':
      return [operator.kind, operator.difference, operator.grace]
    case 'session':
      return [operator.kind, operator.gap, operator.grace]
    case 'join-inner':
    case 'join-left':
    case 'join-outer':
      return [operator.kind, operator.within, operator.grace]
    default:
      return [operator.kind]
  }
}
