import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utcOffsetMinutes } from '../../../pipelines/steps/utc-offset.ts'
import { noDisorder } from '../../../sources/simulator/disorder.ts'
import {
  type SimulatedMessage,
  Simulation,
  type SimulationOptions,
} from '../../../sources/simulator/simulation.ts'

const startAt = Date.UTC(2026, 2, 1, 18)

function simulation(options: Partial<SimulationOptions> = {}): Simulation {
  return new Simulation({
    seed: 'test',
    startAt,
    playsPerSecond: 100,
    listeners: 1_000,
    artists: 50,
    ...options,
  })
}

function take(from: Simulation, plays: number): SimulatedMessage[] {
  return Array.from({ length: plays }, () => from.next()).flat()
}

const plays = (messages: SimulatedMessage[]) =>
  messages.flatMap((message) => (message.kind === 'play' ? [message.play] : []))

test('the same seed gives the same messages, another one others', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 5_000 }), (seed, playsPerSecond) => {
      const messages = (of: string) => take(simulation({ seed: of, playsPerSecond }), 200)
      assert.deepEqual(messages(seed), messages(seed))
      assert.notDeepEqual(plays(messages(seed)), plays(messages(`${seed}.`)))
    }),
    { numRuns: 10 },
  )
})

test('another seed keeps the world: the same artists and listeners', () => {
  const artists = (seed: string) => {
    const named = new Map(
      plays(take(simulation({ seed }), 5_000)).map((play) => [play.artistId, play.artistName]),
    )
    return [...named].sort(([a], [b]) => a.localeCompare(b))
  }
  assert.deepEqual(artists('one'), artists('two'))
})

const rate = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 500 }))

test('in a simulated second there are as many plays as the rate says, through every change', () => {
  fc.assert(
    fc.property(fc.array(rate, { minLength: 1, maxLength: 5 }), (rates) => {
      const running = simulation({ playsPerSecond: rates[0]! })
      const seconds = 4
      let expected = 0
      let seen = 0
      for (const [i, rate] of rates.entries()) {
        const from = startAt + i * seconds * 1_000
        if (i > 0) running.changeRate(rate, from)
        while (running.nextAt < from + seconds * 1_000) {
          running.next()
          seen++
        }
        expected += rate * seconds
      }
      // The first play comes at the very beginning; after that only what is left of a wait can carry over.
      assert.ok(Math.abs(seen - expected) <= 1, `${seen} plays, expected ${expected}`)
    }),
    { numRuns: 50 },
  )
})

test('a rate that is changed often does not let more through', () => {
  const running = simulation({ playsPerSecond: 1 })
  let seen = 0
  for (let at = startAt; at < startAt + 100_000; at += 100) {
    running.changeRate(at % 200 === 0 ? 1 : 2, at)
    while (running.nextAt < at + 100) {
      running.next()
      seen++
    }
  }
  assert.ok(Math.abs(seen - 150) <= 1, `${seen} plays`)
})

test('over a day nothing drifts: the millionth play is where it belongs', () => {
  const running = simulation({ playsPerSecond: 3, disorder: noDisorder })
  for (let i = 0; i < 10_000; i++) running.next()
  assert.equal(running.nextAt, startAt + (10_000 * 1_000) / 3)
})

test('time left out is left out', () => {
  const running = simulation()
  running.next()
  running.skipTo(startAt + 60_000)
  assert.equal(running.next()[0]!.at, startAt + 60_000)
  running.skipTo(startAt)
  assert.equal(running.nextAt, startAt + 60_010)
})

test('messages come in the order of the clock, and every play is one that validation lets through', () => {
  const messages = take(simulation({ playsPerSecond: 50 }), 20_000)
  let last = startAt
  for (const message of messages) {
    assert.ok(message.at >= last)
    last = message.at
    if (message.kind !== 'play') continue
    const { play, at } = message
    assert.match(play.eventId, /^[0-9a-f-]{36}$/)
    for (const text of [play.userId, play.trackId, play.trackName, play.artistId, play.artistName]) {
      assert.ok(text.length > 0 && text.length <= 512)
    }
    assert.ok(Number.isInteger(play.msPlayed) && play.msPlayed >= 0 && play.msPlayed <= 480_000)
    assert.ok(Number.isInteger(play.playedAt) && play.playedAt <= at + 8_000)
    assert.equal(play.source, 'simulator')
  }
})

test('disorder comes in the shares that are set', () => {
  const disorder = { duplicates: 0.1, late: 0.05, outOfOrder: 0.2, malformed: 0.03, skewedListeners: 0 }
  const total = 20_000
  const messages = take(simulation({ disorder }), total)
  const share = (condition: (message: SimulatedMessage) => boolean) =>
    messages.filter(condition).length / total
  const near = (actual: number, expected: number) =>
    assert.ok(Math.abs(actual - expected) < 0.01, `${actual}, set ${expected}`)
  near(
    share(({ kind }) => kind === 'duplicate'),
    0.1,
  )
  near(
    share(({ kind }) => kind === 'malformed'),
    0.03,
  )
  near(
    share((message) => message.kind === 'play' && message.disorder === 'late'),
    0.05,
  )
  near(
    share((message) => message.kind === 'play' && message.disorder === 'out_of_order'),
    0.2,
  )
  assert.equal(plays(messages).length, total)
})

test('a duplicate repeats a play already sent, field for field', () => {
  const sent = new Map<string, unknown>()
  let duplicates = 0
  for (const message of take(simulation({ disorder: { duplicates: 0.3 } }), 3_000)) {
    if (message.kind === 'play') {
      assert.ok(!sent.has(message.play.eventId))
      sent.set(message.play.eventId, message.play)
    } else if (message.kind === 'duplicate') {
      duplicates++
      assert.deepEqual(message.play, sent.get(message.play.eventId))
    }
  }
  assert.ok(duplicates > 0)
})

test('late plays are minutes old, those out of order stay within the grace', () => {
  const disorder = { ...noDisorder, late: 0.2, outOfOrder: 0.2, skewedListeners: 1 }
  for (const message of take(simulation({ disorder }), 5_000)) {
    if (message.kind !== 'play') continue
    const age = message.at - message.play.playedAt
    if (message.disorder === 'late') assert.ok(age >= 112_000 && age <= 608_000)
    else if (message.disorder === 'out_of_order') assert.ok(age >= -7_000 && age <= 20_000)
    else assert.ok(Math.abs(age) <= 8_000)
  }
})

test('what goes wrong leaves the listening itself as it was', () => {
  const listening = (disorder: SimulationOptions['disorder']) =>
    plays(take(simulation({ disorder }), 2_000)).map(({ eventId, userId, trackId, msPlayed }) => ({
      eventId,
      userId,
      trackId,
      msPlayed,
    }))
  assert.deepEqual(listening(noDisorder), listening({ duplicates: 0.5, late: 0.3, malformed: 0.2 }))
})

test('a session is one track after the other, and nobody listens to two at once', () => {
  const messages = take(simulation({ playsPerSecond: 2, disorder: noDisorder, listeners: 2_000 }), 5_000)
  const lastEnd = new Map<string, number>()
  let following = 0
  for (const { at, play } of messages) {
    const before = lastEnd.get(play.userId)
    if (before !== undefined) {
      assert.ok(at - play.msPlayed >= before, 'a play began before the last one had ended')
      if (at - play.msPlayed - before < 5_000) following++
    }
    lastEnd.set(play.userId, at)
  }
  assert.ok(following > 2_500, `${following} plays followed another one within 5 s`)
})

test('a session has one id and one thing it plays from, and says why a track was not heard to its end', () => {
  const played = plays(take(simulation({ playsPerSecond: 2, disorder: noDisorder, listeners: 2_000 }), 5_000))
  const reasons = new Map<string, number>()
  for (const [session, its] of Map.groupBy(played, ({ sessionId }) => sessionId)) {
    assert.match(session!, /^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    assert.equal(new Set(its.map(({ userId }) => userId)).size, 1)
    const kinds = new Set(its.map(({ context }) => context?.kind))
    assert.equal(kinds.size, 1)
    if (kinds.has('playlist')) assert.equal(new Set(its.map(({ context }) => context!.id)).size, 1)
    if (kinds.has('album'))
      for (const { context, artistId } of its) assert.ok(context!.id.startsWith(artistId))
    for (const { skipReason } of its.slice(0, -1)) assert.notEqual(skipReason, 'stopped')
    for (const { skipReason } of its) reasons.set(skipReason, (reasons.get(skipReason) ?? 0) + 1)
  }
  assert.deepEqual([...reasons.keys()].sort(), ['failed', 'next', 'none', 'previous', 'stopped'])
  assert.ok(reasons.get('none')! > played.length / 2)
})

test('where a listener is, is told by country, part and time zone, which agree', () => {
  for (const { country, location, timeZone } of plays(take(simulation(), 2_000))) {
    assert.ok(location === null || location.startsWith(`${country}-`))
    assert.notEqual(utcOffsetMinutes(timeZone!, startAt), null)
  }
})

test('more plays than the listeners can hear whole: they skip', () => {
  const played = plays(take(simulation({ listeners: 1, playsPerSecond: 1, disorder: noDisorder }), 100))
  assert.equal(new Set(played.map(({ userId }) => userId)).size, 1)
  const times = played.map(({ msPlayed }) => msPlayed)
  assert.ok(times.filter((time) => time === 1_000).length > 50)
})
