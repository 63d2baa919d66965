import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountOf } from './account.ts'
import { Ledger } from './ledger.ts'
import { plan } from './plan.ts'
import { type Sight, newestSight, streamSight } from './sights.ts'
import { Witness } from './witness.ts'

const channel = 'artist:a1'
const first = { streamPosition: { epoch: 'e', offset: 3 }, wasRecovering: false, recovered: false }
const again = (offset: number, recovered: boolean, epoch = 'e') => ({
  streamPosition: { epoch, offset },
  wasRecovering: true,
  recovered,
})

function stream() {
  const witness = new Witness(() => 0)
  const sight = streamSight(witness, { client: 'ada', channel })
  sight.subscribed(first)
  return { witness, sight }
}

/** What is published from position 3 of `e` on, and what is found fault with. */
const faults: [string, (sight: Sight) => void, RegExp][] = [
  ['a gap', (sight) => sight.published(5, 5), /ada, artist:a1: 5 at e 5 comes behind 3: a gap of 1/],
  ['a doubling', (sight) => sight.published(3, 3), /3 at e 3 comes again/],
  ['a recovery from elsewhere', (sight) => sight.subscribed(again(4, true)), /recovered from e 4, and stood/],
  ['a return without recovery', (sight) => sight.subscribed(first), /without recovering/],
]
for (const [name, act, message] of faults)
  test(`${name} in a stream is a difference`, () => {
    const { witness, sight } = stream()
    act(sight)
    assert.equal(witness.testimony.differences, 1)
    assert.match(witness.testimony.first[0]!, message)
  })

test('what comes once and in order is no difference, and a position has one message for all', () => {
  const { witness, sight } = stream()
  sight.published(4, 40)
  sight.subscribed(again(4, true))
  sight.published(5, 50)
  assert.equal(witness.testimony.differences, 0)
  const other = streamSight(witness, { client: 'bob', channel })
  other.subscribed(again(4, false))
  other.published(5, 51)
  assert.match(witness.testimony.first[0]!, /bob, artist:a1: has 51 at e 5, where others have 50/)
})

test('of the latest value an older one after a newer one is noted, and the same one again', () => {
  const witness = new Witness(() => 0)
  const sight = newestSight(witness, { client: 'ada', channel: 'me:recommendations' })
  sight.subscribed(first)
  sight.published(4, 40)
  sight.published(7, 70)
  assert.equal(witness.testimony.wentBack.length, 0)
  sight.subscribed(again(0, true, 'f'))
  sight.published(1, 60)
  sight.published(2, 60)
  assert.equal(witness.testimony.wentBack.length, 2)
})

test('not recovered: with reason where history is trimmed, the tail lost, or all begun anew on a Redis that was restarted', () => {
  const ledger = new Ledger()
  ledger.published(channel, { epoch: 'e', offset: 10 }, 1)
  const step = (from: number, to: number, epoch = 'e') => ({
    channel,
    client: 'ada',
    times: 1,
    from: { epoch: 'e', offset: from },
    to: { epoch, offset: to },
  })
  assert.equal(ledger.reasonFor(step(10, 110)), undefined)
  assert.equal(ledger.reasonFor(step(10, 111)), 'trimmed')
  ledger.redisFell()
  assert.equal(ledger.survived(channel, { epoch: 'e', offset: 8 }), 1)
  assert.equal(ledger.reasonFor(step(9, 8)), 'tail lost')
  assert.equal(ledger.reasonFor(step(8, 8)), undefined)
  ledger.published(channel, { epoch: 'f', offset: 1 }, 2)
  assert.equal(ledger.reasonFor(step(8, 1, 'f')), 'begun anew')
  assert.deepEqual(ledger.differences([]), [])
  ledger.published(channel, { epoch: 'g', offset: 1 }, 3)
  assert.equal(ledger.reasonFor({ ...step(1, 1, 'g'), from: { epoch: 'f', offset: 1 } }), undefined)
  assert.equal(ledger.differences([]).length, 1)
})

test('lost is what was behind where a channel stands after a restart, and all of an epoch that is not there any more', () => {
  const ledger = new Ledger()
  ledger.published(channel, { epoch: 'e', offset: 3 }, 1)
  ledger.redisFell()
  ledger.survived(channel, { epoch: 'e', offset: 3 })
  ledger.published(channel, { epoch: 'f', offset: 1 }, 2)
  assert.equal(ledger.hasLost(channel, { epoch: 'f', offset: 1 }), false)
  ledger.redisFell()
  assert.equal(ledger.survived(channel, { epoch: 'e', offset: 3 }), 1)
  assert.equal(ledger.hasLost(channel, { epoch: 'f', offset: 1 }), true)
  assert.equal(ledger.hasLost(channel, { epoch: 'e', offset: 3 }), false)
})

/** What a client may have seen where 1 is published at position 1, and of 2 there was no answer; how many faults are found with it. */
const seen: [position: number, serial: number, faults: number][] = [
  [1, 1, 0],
  [2, 2, 0],
  [1, 9, 1],
  [3, 3, 1],
]
for (const [offset, serial, faults] of seen)
  test(`${serial} seen at position ${offset}: ${faults} contradictions to the log`, () => {
    const ledger = new Ledger()
    ledger.published(channel, { epoch: 'e', offset: 1 }, 1)
    ledger.unsure(channel, 2)
    assert.equal(ledger.differences([[channel, 'e', offset, serial]]).length, faults)
  })

test('a message at two positions, and a position with two messages, contradict the log', () => {
  const ledger = new Ledger()
  ledger.published(channel, { epoch: 'e', offset: 1 }, 1)
  ledger.published(channel, { epoch: 'e', offset: 2 }, 1)
  assert.deepEqual(ledger.differences([]), ['artist:a1: 1 at e 1 and 2'])
  ledger.published(channel, { epoch: 'e', offset: 1 }, 10)
  assert.deepEqual(ledger.differences([]), ['artist:a1: 10 at e 1, where 1 had been'])
})

test('not recovered is a difference without a reason, and with one where only nodes are struck', () => {
  const [witness, ledger] = [new Witness(() => 0), new Ledger()]
  ledger.published(channel, { epoch: 'e', offset: 200 }, 1)
  witness.notRecovered({
    channel,
    client: 'ada',
    from: { epoch: 'e', offset: 10 },
    to: { epoch: 'e', offset: 200 },
  })
  const account = { clients: 1, blows: [], testimonies: [witness.testimony], ledger, behind: [], faults: [] }
  const given = accountOf({ ...account, nodesOnly: false })
  assert.equal(given.differences, 0)
  assert.equal(new Map(given.figures).get('recovered: no, trimmed'), '1')
  const { first } = accountOf({ ...account, nodesOnly: true })
  assert.deepEqual(first, ['ada, artist:a1: from e 10 to e 200, as 1 did, without a reason'])
})

test('a seed has one plan, and without Redis there is no blow to it', () => {
  const gaps = { nodes: [5, 10], redis: [20, 40], clients: [8, 16] } as const
  const planned = (seed: number, nodesOnly = false) => plan({ seed, ticks: 300, gaps, nodesOnly })
  assert.deepEqual(planned(7), planned(7))
  assert.notDeepEqual(planned(7), planned(8))
  assert.equal(planned(7).filter(({ lane }) => lane === 'redis').length > 5, true)
  const kinds = new Set(planned(7, true).map(({ blow }) => blow.kind))
  assert.deepEqual([...kinds].sort(), ['cut', 'drain', 'freeze', 'kill', 'return amid a burst'])
})
