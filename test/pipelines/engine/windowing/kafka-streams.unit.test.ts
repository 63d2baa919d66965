import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { hopping, minutes, seconds, session, sliding, tumbling } from '../../../../pipelines/engine/index.ts'
import type { Windows } from '../../../../pipelines/engine/windows.ts'
import { type Emitted, type Sending, foldAll } from './folding.ts'

/*
 * What Kafka Streams answers to the same rows: test/pipelines/vectors/kafka-streams/README.md.
 */
const FOLDER = join(import.meta.dirname, '../../vectors/kafka-streams')
const NOW = Date.UTC(2024, 0, 1)

const lines = (file: string) => readFileSync(join(FOLDER, file), 'utf8').trim().split('\n').slice(1)

const events: Sending[] = lines('events.csv').map((line) => {
  const [seq, key = '', time, value] = line.split(',')
  return { seq: Number(seq), key, time: Number(time), value: Number(value) }
})

/** Rows where we and Kafka Streams differ, each with the reason: lines of its tables that we do not have, and that we have. */
interface Differences {
  final?: { lacks: string[] }
  suppressed?: { lacks: string[] }
  late?: { has: string[] }
}

const cases: { kind: string; windows: Windows; differences?: Differences }[] = [
  { kind: 'tumbling', windows: tumbling(minutes(1), { grace: seconds(30) }) },
  { kind: 'hopping', windows: hopping(minutes(5), { advance: minutes(1), grace: minutes(1) }) },
  { kind: 'session', windows: session(seconds(30), { grace: seconds(30) }) },
  {
    kind: 'sliding',
    windows: sliding(seconds(30), { grace: seconds(30) }),
    differences: {
      // Row 373 of k10 is at 1700001330000, stream time at 1700001360000: just the grace later, so the window that ends with it
      // closes at that moment. Kafka Streams emits it and takes the row all the same; here it is late for that window.
      final: { lacks: ['k10,1700001300000,1700001330000,4,1539'] },
      suppressed: { lacks: ['373,k10,1700001300000,1700001330000,4,1539,1700001330000'] },
      late: { has: ['sliding,373,1'] },
    },
  },
]

type Folded = Exclude<Emitted, { output: 'late' }>

const isWindow = (row: Emitted): row is Folded => row.output !== 'late'
const windowOf = ({ key, value: { start, end } }: Folded) => `${key},${start},${end}`

/** The last word on each window, whether it has closed or not, as `OP.final.csv` has it. */
function finals(emitted: Emitted[]): string[] {
  const last = new Map(emitted.filter(isWindow).map((row) => [windowOf(row), row.value]))
  return [...last].map(([window, { count, sum }]) => `${window},${count},${sum}`).sort()
}

/** Without the number of the line, which the order says. */
const suppressed = (emitted: Emitted[]) =>
  emitted
    .filter(isWindow)
    .filter(({ output }) => output === 'closed')
    .map((row) => `${row.after},${windowOf(row)},${row.value.count},${row.value.sum},${row.time}`)

const late = (kind: string, emitted: Emitted[]) =>
  emitted.flatMap(({ output, value }) => (output === 'late' ? [`${kind},${value.seq},${value.windows}`] : []))

const without = (all: string[], some: string[] = []) => {
  for (const line of some) assert.ok(all.includes(line), `${line} is no line of Kafka Streams' table`)
  return all.filter((line) => !some.includes(line))
}

for (const { kind, windows, differences = {} } of cases) {
  const options = { timeSemantics: 'kafka-streams', now: NOW } as const

  test(`${kind}: closed and late rows are those of Kafka Streams, in its order`, async () => {
    const emitted = await foldAll(windows, events, options)
    const theirs = lines(`${kind}.suppressed.csv`).map((line) => line.replace(/^\d+,/, ''))
    assert.deepEqual(suppressed(emitted), without(theirs, differences.suppressed?.lacks))

    const ours = without(late(kind, emitted), differences.late?.has)
    assert.deepEqual(
      ours,
      lines('late.csv').filter((line) => line.startsWith(`${kind},`)),
    )
  })

  test(`${kind}: each window ends as it does in Kafka Streams, those still open too`, async () => {
    const far = { seq: events.length, key: 'far away', time: events[0]!.time + minutes(24 * 60), value: 0 }
    const emitted = await foldAll(windows, [...events, far], options)
    const ours = finals(emitted).filter((line) => !line.startsWith('far away,'))
    assert.deepEqual(ours, without(lines(`${kind}.final.csv`), differences.final?.lacks).sort())
  })
}
