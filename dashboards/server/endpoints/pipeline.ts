import { lettersByStage } from '../../queries/letters-by-stage.ts'
import { playLatency } from '../../queries/play-latency.ts'
import { ApiError } from '../errors.ts'
import type { OperatorEndpoint, OperatorSource } from './endpoint.ts'
import { count, listOf, object, oneOf, orNull, querystring, share, text, time } from './schemas.ts'
import { DAY, MINUTE, type Span, dates } from './spans.ts'

export const stageKinds = ['topology', 'sink', 'push'] as const
export type StageKind = (typeof stageKinds)[number]

export const stageStates = [
  'running',
  'catching_up',
  'restoring',
  'dividing',
  'starting',
  'stuck',
  'silent',
  'stopped',
  'nobody_runs_it',
  'topics_missing',
] as const
export type StageState = (typeof stageStates)[number]

/** How a stage is, as far as Kafka knows. Times are ms since 1970. */
export interface StageHealth {
  /** Its name in dead letters and in its consumer group. */
  stage: string
  kind: StageKind
  /** Null for a sink of all topologies, and for pushes. */
  topology: string | null
  version: number
  state: StageState
  /** Members of its consumer group. */
  processes: number
  tasks: number
  lagRecords: number
  /** How long the oldest record has waited that it has not committed. */
  lagMs: number
  /** Over the last minute. */
  inPerSecond: number
  outPerSecond: number | null
  inLastHour: number
  streamTime: number | null
  committedAt: number | null
  restored: number | null
}

/** Looks how the stages are. It fails if Kafka does not answer in time. */
export type ReadStages = () => Promise<StageHealth[]>

const LATENCY_SPAN = 5 * MINUTE
const LETTERS_SPAN = 60 * MINUTE

const untold = 'where no process has told it'
const away = 'while ClickHouse is away'
const stores = ['kafka', 'clickhouse'] as const
type Store = (typeof stores)[number]

const rate = (description: string) => ({ type: 'number', minimum: 0, description })
const ms = (description: string) => orNull(rate(description), 'where there were none')

export const pipeline = {
  path: '/api/pipeline',
  summary:
    'How each topology, sink and push stage is, what they set aside, and how long plays take. For operators: its figures are of however few listeners.',
  querystring: querystring({}),
  answer: object({
    at: time('when it was looked at'),
    unavailable: {
      type: 'array',
      items: oneOf(stores, 'that did not answer'),
      description: 'what is missing here: without kafka there are no stages',
    },
    stages: listOf({
      stage: text('as its dead letters and its group name it'),
      kind: oneOf(stageKinds, 'what it is'),
      topology: orNull(text('of which topology'), 'for sinks of all, and for pushes'),
      version: count('of the topology'),
      state: oneOf(
        stageStates,
        'the worst of its tasks; stopped: by itself, as too many records would have been set aside',
      ),
      processes: count('in its group'),
      tasks: count('partitions that they share'),
      lagRecords: count('records in Kafka that it has not committed, ends of transactions included'),
      lagMs: count('how long the oldest of them has waited'),
      inPerSecond: rate('records that came a second, over the last minute, ends of transactions included'),
      outPerSecond: orNull(rate('those that it has done with, likewise'), untold),
      inLastHour: count('records that came in the last hour, likewise'),
      streamTime: orNull(time('how far the slowest task has come in the time of the events'), untold),
      committedAt: orNull(time('when it last committed'), untold),
      restored: orNull(share('how much of its state it has read back'), 'unless it does'),
      deadLetters: orNull(count('what it has set aside in the last hour'), away),
      deadLetterRatio: orNull(
        share('the part of inLastHour that this is'),
        `${away}, and where nothing came`,
      ),
    }),
    latency: {
      ...object({
        plays: count('that came to ClickHouse in the last five minutes, and were played in the last day'),
        p50: ms('how long half of them took at most from Kafka to there, ms, within a percent'),
        p95: ms('95 %'),
        p99: ms('99 %'),
      }),
      type: ['object', 'null'],
      description: `how long plays take, from their arrival to ClickHouse; null ${away}`,
    },
  }),
  freshness: { fresh: 2, kept: 10 },
  queries: [playLatency, lettersByStage],
  plan: () => ({}),
  async read(source) {
    const now = Date.now()
    const [stages, history] = await Promise.all([stagesIn(source), historyIn(source, now)])
    const missing = [stages === undefined && 'kafka', history === undefined && 'clickhouse']
    const letters = new Map(history?.letters.map((each) => [each.stage, each.letters]))
    return {
      at: now,
      unavailable: missing.filter((each): each is Store => each !== false),
      stages: (stages ?? []).map((stage) => ({
        ...stage,
        ...(history === undefined
          ? { deadLetters: null, deadLetterRatio: null }
          : lettersOf(stage, letters.get(stage.stage) ?? 0)),
      })),
      latency: history?.latency ?? null,
    }
  },
} satisfies OperatorEndpoint<object, object>

const lettersOf = ({ inLastHour }: StageHealth, letters: number) => ({
  deadLetters: letters,
  deadLetterRatio: inLastHour === 0 ? null : Math.min(1, letters / inLastHour),
})

async function stagesIn({ readStages }: OperatorSource): Promise<StageHealth[] | undefined> {
  return readStages?.().catch(() => undefined)
}

async function historyIn({ client, gate }: OperatorSource, now: number) {
  const before = (length: number): Span => ({ from: now - length, to: now })
  try {
    return await gate(async () => {
      const asked = { ...dates(before(LATENCY_SPAN)), playedFrom: new Date(now - DAY) }
      const [latency] = await playLatency.run(client, asked)
      return { latency, letters: await lettersByStage.run(client, dates(before(LETTERS_SPAN))) }
    })
  } catch (error) {
    if (error instanceof ApiError) return undefined
    throw error
  }
}
