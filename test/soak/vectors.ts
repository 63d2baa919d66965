import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Answers } from './answers.ts'
import type { Case, CaseRow, Operator, Side } from './cases.ts'
import type { KafkaStreams } from './kafka-streams.ts'

/**
 * A case, and what has been kept of Kafka Streams' answers to it. Of joins that is the pairs alone: which of their rows count as
 * dropped depends on the kind of store, for one on disk forgets by segments.
 */
export interface Vector {
  readonly each: Case
  readonly answers: Partial<Answers>
}

const folder = join(import.meta.dirname, '..', 'pipelines', 'vectors', 'kafka-streams')

const windows: readonly Operator[] = [
  { kind: 'tumbling', size: 60_000, grace: 30_000 },
  { kind: 'hopping', size: 300_000, advance: 60_000, grace: 60_000 },
  { kind: 'session', gap: 30_000, grace: 30_000 },
  { kind: 'sliding', difference: 30_000, grace: 30_000 },
]
const joins = (['join-inner', 'join-left', 'join-outer'] as const).map((kind): Operator => ({
  kind,
  within: 30_000,
  grace: 10_000,
}))

/** What `test/pipelines/vectors/kafka-streams` holds; its README says how it was made. */
export function vectors(): Vector[] {
  const events = rowsOf('events', 'l').map(({ row }) => row)
  const joined = [...rowsOf('left', 'l'), ...rowsOf('right', 'r')].sort((a, b) => a.seq - b.seq)
  return [
    ...windows.map((operator) => ({ each: { operator, rows: events }, answers: closedWindows(operator) })),
    ...joins.map((operator) => ({
      each: { operator, rows: joined.map(({ row }) => row) },
      answers: { pair: pairsOf(operator) },
    })),
  ]
}

/** Makes sure that who asks Kafka Streams asks as those did who kept the vectors. */
export async function checkVectors(kafkaStreams: KafkaStreams): Promise<void> {
  const kept = vectors()
  const found = await kafkaStreams.answers(kept.map(({ each }) => each))
  for (const [index, { each, answers }] of kept.entries())
    if (!isDeepStrictEqual({ ...found[index], ...answers }, found[index]))
      throw new Error(
        `Kafka Streams does not answer as test/pipelines/vectors has it for ${each.operator.kind}: ` +
          'either its version decides otherwise, or KafkaStreamsAnswers.java asks otherwise',
      )
}

function closedWindows({ kind }: Operator): Partial<Answers> {
  const final = linesOf(`${kind}.suppressed`).map(([, ...rest]) => rest.join(' '))
  const dropped = linesOf('late').filter(([operator]) => operator === kind)
  return { final, dropped: dropped.map(([, seq, count]) => `${seq} ${count}`) }
}

const pairsOf = ({ kind }: Operator) =>
  linesOf(`${kind}.emitted`).map(([, seq, key, time, left, right]) =>
    [seq, key, left === '' ? '-' : left, right === '' ? '-' : right, time].join(' '),
  )

function rowsOf(file: string, side: Side): { seq: number; row: CaseRow }[] {
  return linesOf(file).map(([seq, key = '', time, value]) => ({
    seq: Number(seq),
    row: { side, key, time: Number(time), value: Number(value) },
  }))
}

function linesOf(file: string): string[][] {
  const [, ...lines] = readFileSync(join(folder, `${file}.csv`), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line) => line.split(','))
}
