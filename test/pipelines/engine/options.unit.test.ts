import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deduplicate, fold, count, topic, topology, write } from '../../../pipelines/engine/index.ts'
import { drive } from '../../../pipelines/engine/testing/drive.ts'
import { topics } from '../../../schemas/topics.ts'

const { playsClean, playsByArtist } = topics

test('what would deduplicate nothing is refused where it is written', () => {
  for (const rememberMs of [NaN, 0, -1, 0.5, Infinity])
    assert.throws(
      () => deduplicate({ id: String, rememberMs }),
      new RangeError(
        `deduplicate() that remembers for ${rememberMs} ms would forget: give whole ms, above 0`,
      ),
    )
})

test('how far ahead a time may be is in whole ms, 0 or more', () => {
  for (const aheadMs of [NaN, -1, 0.5, Infinity])
    assert.throws(
      () => drive(topology('ahead', ({ read }) => read(playsClean, { aheadMs }).pipe(write(playsByArtist)))),
      new RangeError(`read(plays-clean): no time is ${aheadMs} ms ahead: give whole ms, 0 or more`),
    )
})

test('a topology is named as a part of its topics', () => {
  for (const name of ['My topology!', '', '1', 'a b'])
    assert.throws(() => topology(name, () => undefined), {
      name: 'TopologyError',
      message: `a topology cannot be called ${JSON.stringify(name)}: begin with a small letter, and go on with letters, digits, ".", "_" or "-"`,
    })
})

test('a changelog whose name is too long for Kafka is refused, and says what to shorten', () => {
  const named = (length: number) =>
    topology('t'.repeat(length), ({ read }) => read(playsClean).pipe(fold(count()), write(counts)))
  const counts = topic('counts', playsClean.value as never, 'user')
  const rest = '-fold-1-changelog'.length
  assert.doesNotThrow(() => drive(named(249 - rest)))
  assert.throws(() => drive(named(250 - rest)), /TopologyError: t+-fold-1-changelog is longer than the 249/)
})

test('a topic is named as Kafka allows', () => {
  for (const name of ['My topic!', '', '.', '..', 'größe', 'a/b', 'x'.repeat(250)])
    assert.throws(
      () => topic(name, playsClean.value, 'user'),
      /^RangeError: a topic cannot be called ".*": take 1 to 249/,
    )
  for (const name of ['...', 'Plays_2.x', 'x'.repeat(249)])
    assert.doesNotThrow(() => topic(name, playsClean.value, 'user'))
})
