import type avro from 'avsc'
import { tell } from '../kit/tell.ts'
import {
  type Fold,
  type Topology,
  avroSchema,
  avroState,
  foldWindow,
  hopping,
  joinStream,
  joinTable,
  joinTables,
  session,
  sliding,
  topology,
  tumbling,
} from '../../pipelines/engine/index.ts'
import type { Windows } from '../../pipelines/engine/windows.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import type { Topic } from '../../schemas/topic.ts'
import { type Answers, type Channel, noAnswers } from './answers.ts'
import type { Case, Operator, StreamJoin, StreamTableJoin, TableJoin } from './cases.ts'

/** What is sent: a number, at an event time. */
interface Sent {
  time: number
  value: number
}

const sentSchema: avro.Schema = {
  type: 'record',
  name: 'Sent',
  fields: [
    { name: 'time', type: 'long' },
    { name: 'value', type: 'long' },
  ],
}

const topicOf = (name: string): Topic<Sent, 'key'> => ({
  name,
  value: avroSchema(`${name}.v1`, sentSchema),
  partitioning: 'key',
  config: {},
})

const sides = { l: topicOf('soak-left'), r: topicOf('soak-right') }

/** What this engine says to a case, in `timeSemantics: 'kafka-streams'`, each case in a driver of its own. */
export async function ours({ operator, rows }: Case): Promise<Answers> {
  const answers = noAnswers()
  let current = 0
  const kafka = drive(topologyOf(operator, (channel, line) => answers[channel].push(`${current} ${line}`)))
  for (const [seq, { side, key, time, value }] of rows.entries()) {
    current = seq
    // A tombstone has the time of its record, and no other.
    if (value === null) await kafka.send(sides[side], null, { key, timestamp: time })
    else await kafka.send(sides[side], { time, value }, { key })
  }
  return answers
}

type Say = (channel: Channel, line: string) => void

function topologyOf(operator: Operator, say: Say): Topology {
  switch (operator.kind) {
    case 'tumbling':
      return folded(tumbling(operator.size, operator), say)
    case 'hopping':
      return folded(hopping(operator.size, operator), say)
    case 'sliding':
      return folded(sliding(operator.difference, operator), say)
    case 'session':
      return folded(session(operator.gap, operator), say)
    case 'join-inner':
    case 'join-left':
    case 'join-outer':
      return joined(operator, say)
    case 'stream-table-inner':
    case 'stream-table-left':
      return joinedWithTable(operator, say)
    case 'table-table-inner':
    case 'table-table-left':
    case 'table-table-outer':
      return joinedTables(operator, say)
  }
}

interface CountAndSum {
  count: number
  sum: number
}

const countAndSum: Fold<Sent, CountAndSum, string> & {
  merge(a: CountAndSum, b: CountAndSum): CountAndSum
} = {
  initial: () => ({ count: 0, sum: 0 }),
  add: ({ count, sum }, { value }) => ({ count: count + 1, sum: sum + value }),
  merge: (a, b) => ({ count: a.count + b.count, sum: a.sum + b.sum }),
  result: ({ count, sum }, key, { start, end }) => `${key} ${start} ${end} ${count} ${sum}`,
  codec: avroState({
    type: 'record',
    name: 'CountAndSum',
    fields: [
      { name: 'count', type: 'long' },
      { name: 'sum', type: 'long' },
    ],
  }),
}

function folded(windows: Windows, say: Say): Topology {
  return topology('soak', ({ read }) =>
    read(sides.l, timeOfSent).pipe(
      foldWindow({
        windows,
        fold: countAndSum,
        late: (_, { windows: refused }) => String(refused),
        timeSemantics: 'kafka-streams',
      }),
      tell(({ output, value, time }) => {
        if (output === 'late') say('dropped', value)
        else say(output === 'open' ? 'update' : 'final', `${value} ${time}`)
      }),
    ),
  )
}

const sentState = avroState<Sent>(sentSchema)
const timeOfSent = { time: ({ time }: Sent) => time }
const pair = (left: Sent | null, right: Sent | null) => `${left?.value ?? '-'} ${right?.value ?? '-'}`
const joinKinds = { 'join-inner': 'inner', 'join-left': 'left', 'join-outer': 'outer' } as const

function joined({ kind, within, grace }: StreamJoin, say: Say): Topology {
  return topology('soak', ({ read }) =>
    read(sides.l, timeOfSent).pipe(
      joinStream(read(sides.r, timeOfSent), {
        within,
        grace,
        kind: joinKinds[kind],
        join: pair,
        late: () => '1',
        leftCodec: sentState,
        rightCodec: sentState,
        timeSemantics: 'kafka-streams',
      }),
      tell(({ key, output, value, time }) => {
        if (output === 'late') say('dropped', value)
        else say('pair', `${key} ${value} ${time}`)
      }),
    ),
  )
}

function joinedWithTable({ kind }: StreamTableJoin, say: Say): Topology {
  return topology('soak', ({ read, readTable }) =>
    read(sides.l, timeOfSent).pipe(
      joinTable(readTable(sides.r, timeOfSent), {
        kind: kind === 'stream-table-left' ? 'left' : 'inner',
        join: (left: Sent, right: Sent | null) => pair(left, right),
      }),
      tell(({ key, value, time }) => say('pair', `${key} ${value} ${time}`)),
    ),
  )
}

const tableKinds = {
  'table-table-inner': 'inner',
  'table-table-left': 'left',
  'table-table-outer': 'outer',
} as const

function joinedTables({ kind }: TableJoin, say: Say): Topology {
  return topology('soak', ({ readTable }) => {
    const [left, right] = [readTable(sides.l, timeOfSent), readTable(sides.r, timeOfSent)]
    return joinTables(left, right, { kind: tableKinds[kind], join: pair }).changes.pipe(
      tell(({ key, value, time }) => say('pair', `${key} ${value ?? '- -'} ${time}`)),
    )
  })
}
