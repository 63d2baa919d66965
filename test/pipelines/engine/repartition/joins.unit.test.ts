import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Lateness, avroState, joinStream, keyBy, topology } from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import { tell } from '../../../kit/tell.ts'
import { type Reading, readings } from '../windowing/folding.ts'
import {
  type Arrival,
  END,
  type Sent,
  arrivals,
  drain,
  keyOf,
  readingsNamed,
  unevenSources,
  upTo,
} from './uneven-sources.ts'

const RUNS = 250

const [lefts, rights] = [readingsNamed('lefts'), readingsNamed('rights')]
const [leftsByKey, rightsByKey] = [readingsNamed('lefts-by-key'), readingsNamed('rights-by-key')]
const codec = avroState<Reading>(JSON.parse(readings.value.text) as never)

/** Half of the sources are partitions of one topic, half of the other. */
const isLeft = ({ partition }: { partition: number }) => partition % 2 === 0
const partitionOf = ({ partition }: { partition: number }) => Math.floor(partition / 2)

interface Rules {
  kind: 'inner' | 'outer'
  within: number
  grace: number
}

/** What a join says behind two repartition topics: pairs as `left right` by number, with `-` for none, and late rows. */
async function joinBehind({ kind, within, grace }: Rules, sent: readonly Sent[], partitions: number) {
  const joined: string[] = []
  const late = new Map<number, Lateness>()
  const time = (reading: Reading) => reading.time
  const kafka = drive(
    topology('joining', ({ read }) =>
      read(lefts, { time }).pipe(
        keyBy(keyOf, { through: leftsByKey }),
        joinStream(read(rights, { time }).pipe(keyBy(keyOf, { through: rightsByKey })), {
          kind,
          within,
          grace,
          leftCodec: codec,
          rightCodec: codec,
          join: (left, right) => `${left?.seq ?? '-'} ${right?.seq ?? '-'}`,
          late: ({ value }, lateness) => ({ seq: value.seq, lateness }),
        }),
        tell((row) => {
          if (row.output === 'joined') joined.push(row.value)
          else late.set(row.value.seq, row.value.lateness)
        }),
      ),
    ),
    { partitions },
  )
  const placeOf = (each: Sent) => ({ topic: isLeft(each) ? lefts : rights, partition: partitionOf(each) })
  await drain(kafka, sent, 2 * partitions, placeOf)
  return { joined, late }
}

const rules: fc.Arbitrary<Rules> = fc.record({
  kind: fc.constantFrom('inner', 'outer'),
  within: fc.integer({ min: 0, max: 20 }),
  grace: fc.integer({ min: 0, max: 12 }),
})
const sources = upTo(3, (partitions) => unevenSources(2 * partitions))

const lag = ({ carried, time }: Arrival) => carried - time

test('a join behind repartitions: late as at the source, and whoever came in time there finds its partners', async () => {
  const property = fc.asyncProperty(rules, sources, async (rule, [partitions, sent]) => {
    const { kind, within, grace } = rule
    const { joined, late } = await joinBehind(rule, sent, partitions)
    const arrived = arrivals(sent, 2 * partitions)

    const retention = 2 * within + grace + (within === 0 ? 1 : 0)
    const wanted = arrived
      .filter((each) => lag(each) >= retention)
      .map((each) => [each.seq, { streamTime: each.carried, lateByMs: lag(each) - retention }])
    assert.deepEqual(
      [...late].sort(([a], [b]) => a - b),
      wanted,
    )

    const pairs = arrived
      .filter(isLeft)
      .flatMap((left) =>
        arrived
          .filter(
            (right) => !isLeft(right) && right.key === left.key && Math.abs(left.time - right.time) <= within,
          )
          .map((right) => ({ left, right, name: `${left.seq} ${right.seq}` })),
      )
    // Later than that its partner may have come out alone; or been forgotten, if that is as far away as it may be.
    const inTime = (each: Arrival) => (kind === 'outer' ? lag(each) <= grace : lag(each) < retention - within)
    for (const { left, right, name } of pairs)
      if (inTime(left) && inTime(right)) assert.ok(joined.includes(name), `${name} belong together`)
    const possible = new Set(pairs.map(({ name }) => name))
    const found = joined.filter((name) => !name.includes('-'))
    assert.deepEqual(
      found.filter((name) => !possible.has(name)),
      [],
      'what does not belong together',
    )
    assert.equal(new Set(joined).size, joined.length, 'each once')

    if (kind === 'outer')
      for (const { seq, time } of arrived.filter((each) => each.time < END)) {
        const has = joined.filter((name) => name.split(' ').includes(String(seq)))
        const alone = has.filter((name) => name.includes('-'))
        assert.ok(has.length > 0, `${seq} of ${time} is lost`)
        assert.ok(alone.length === 0 || has.length === 1, `${seq} has a partner, and came out alone`)
      }
  })
  await fc.assert(property, { numRuns: RUNS })
})
