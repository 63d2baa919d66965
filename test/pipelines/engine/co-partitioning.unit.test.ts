import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Observable } from 'rxjs'
import {
  type Row,
  type Topic,
  avroState,
  joinStream,
  keyBy,
  merge,
  seconds,
  topic,
  topology,
} from '../../../pipelines/engine/index.ts'
import { drive } from '../../../pipelines/engine/testing/drive.ts'
import { type Numbered, joinTopics } from './operators/join-topics.ts'
import { tell } from '../../kit/tell.ts'

const { plays, reactions, charts } = joinTopics
const codec = avroState<Numbered>(plays.value.type)

/** Rows whose word the compiler does not know: `string` goes with every other. */
type Rows = Observable<Row<Numbered>>

const joining = (sides: (read: (topic: typeof plays | typeof charts) => Rows) => [Rows, Rows]) => () =>
  drive(
    topology('joining', ({ read }) => {
      const [left, right] = sides((topic) => read(topic))
      return left.pipe(
        joinStream(right, {
          within: seconds(1),
          grace: 0,
          join: () => 'joined',
          late: () => 'late',
          leftCodec: codec,
          rightCodec: codec,
        }),
        tell(),
      )
    }),
  )

test('streams that are spread by different words are not joined, and the error says what to do', () => {
  assert.throws(
    joining((read) => [read(plays), read(charts)]),
    {
      name: 'TopologyError',
      message:
        'joining brings numbered-plays and numbered-charts together, of which the one is spread by listener and the other by ' +
        'country: bring one of them through a topic that is spread as the other, with keyBy(); or, if they are spread alike, ' +
        'say so by the same word in their topic()',
    },
  )
})

test('a stream of two topics is looked at in both', () => {
  assert.throws(
    joining((read) => [read(plays), merge(read(reactions), read(charts))]),
    /numbered-charts together, .* the other by country/,
  )
  assert.doesNotThrow(joining((read) => [read(plays), merge(read(reactions), read(plays))]))
})

test('behind keyBy it is the repartition topic that counts', () => {
  const byListener = keyBy<Numbered, 'listener'>(({ id }) => String(id), { through: reactions })
  assert.doesNotThrow(joining((read) => [read(plays), read(charts).pipe(byListener)]))
  const byCountry = keyBy<Numbered, 'country'>(({ id }) => String(id), { through: charts })
  assert.throws(
    joining((read) => [read(plays), read(reactions).pipe(byCountry)]),
    /numbered-charts together, .* the other by country/,
  )
})

test('a stream may be joined with itself', () => {
  assert.doesNotThrow(joining((read) => [read(plays), read(plays)]))
})

test('what is spread by nothing meets no other topic, of its kind neither', () => {
  const [one, two] = ['one', 'two'].map((name) => topic(name, plays.value, 'none'))
  const merging = (...met: Topic<Numbered, 'none'>[]) =>
    drive(topology('merging', ({ read }) => merge(...met.map((each) => read(each))).pipe(tell())))
  assert.doesNotThrow(() => merging(one!, one!))
  assert.throws(() => merging(one!, two!), {
    name: 'TopologyError',
    message:
      'merging brings one, two together, of which one is spread by nothing: lead it through a topic that is spread as the ' +
      'others before, with keyBy()',
  })
})
