/**
 * Chapter 12. Asking the outside.
 *
 * Some of what a row needs is not in any topic: a catalogue has it, a licence service, a database. `mapAsync` asks them, and rows
 * keep their order meanwhile. This chapter is about what can go wrong. If the service can write what it knows to a compacted topic,
 * a table (chapter 11) is better: no request, no outage, no time-out, and no stream time of its own.
 */
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import {
  type AsyncStep,
  deadLetter,
  drop,
  mapAsync,
  merge,
  ok,
  topic,
  topology,
  write,
} from '../../pipelines/engine/index.ts'
import { type TopologyDriver, drive } from '../../pipelines/engine/testing/drive.ts'
import type { CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { play } from '../kit/builders.ts'

const answered = topic('answered', topics.playsClean.value, 'user')

/** Plays with what `work` makes of them. Who is asked comes from outside, as a step's dependencies do: a test brings its own. */
const asking = (work: AsyncStep<CleanPlay, CleanPlay>, timeoutMs?: number) =>
  topology('asking', ({ read }) =>
    read(topics.playsClean).pipe(
      mapAsync(work, { concurrency: 2, ...(timeoutMs !== undefined && { timeoutMs }) }),
      write(answered),
    ),
  )

const namesIn = (kafka: TopologyDriver) => kafka.written(answered).map(({ value }) => value.trackName)

/*
 * An ANSWER is an outcome, and “no” is an answer. A track that has been withdrawn is dropped and counted, one that the
 * catalogue has never heard of is set aside. Only what is no answer at all – a time-out, a 503 – is an error.
 *
 *     the catalogue says      the row
 *     a title                 ok(…)                         goes on
 *     withdrawn               drop('withdrawn')             is counted
 *     never heard of it       deadLetter('unknown_track')   is set aside, to be looked at
 *     nothing                 an error                      is asked about again, when the process has started again
 */
type Entry = { title: string } | 'withdrawn'

function titleFrom(catalogue: ReadonlyMap<string, Entry>): AsyncStep<CleanPlay, CleanPlay> {
  return async function title(value) {
    const found = await Promise.resolve(catalogue.get(value.trackId))
    if (found === undefined) return deadLetter('unknown_track')
    return found === 'withdrawn' ? drop('withdrawn') : ok({ ...value, trackName: found.title })
  }
}

test('12.1 an answer may be no: that is an outcome, and the rows around it go on', async () => {
  const catalogue = new Map<string, Entry>([
    ['t1', { title: 'Hey' }],
    ['t2', 'withdrawn'],
    ['t4', { title: 'Yesterday' }],
  ])
  const kafka = drive(asking(titleFrom(catalogue)))
  for (const trackId of ['t1', 't2', 't3', 't4']) await kafka.send(topics.playsClean, play({ trackId }))

  assert.deepEqual(namesIn(kafka), ['Hey', 'Yesterday'])
  assert.deepEqual(
    kafka.outcomes().map(({ step, reason, count }) => [step, reason, count]),
    [
      ['title', 'withdrawn', 1],
      ['title', 'unknown_track', 1],
    ],
  )
  assert.equal(kafka.written(topics.deadLetters).length, 1)
})

/*
 * BOUNDED means that a backlog does not fall on the catalogue at once: `concurrency` is how many rows of a task are asked about
 * at a time. A process has several tasks, and there may be several processes, so the catalogue sees their product.
 *
 *     concurrency 2    t1 ──────────┐         t1 is slow, and holds up those behind it: rows go on in their order
 *                      t2 ──┐       │
 *                           t3 ──┐  │
 *     out                           t1 t2 t3
 */
test('12.2 no more rows are asked about at a time than `concurrency`; whichever answer comes first, they go on in order', async () => {
  let [underWay, most] = [0, 0]
  const answers: string[] = []
  const kafka = drive(
    asking(async (value) => {
      most = Math.max(most, ++underWay)
      for (let turns = value.country === 'NO' ? 3 : 1; turns > 0; turns--) await setImmediate()
      underWay -= 1
      answers.push(value.trackName)
      return ok(value)
    }),
  )
  const names = Array.from({ length: 20 }, (_, n) => `t${n}`)
  await kafka.sendAll(
    names.map((trackName, n) => [topics.playsClean, play({ trackName, country: n % 2 === 0 ? 'NO' : 'SE' })]),
  )
  assert.equal(most, 2)
  assert.deepEqual(answers.slice(0, 2), ['t1', 't0'])
  assert.deepEqual(namesIn(kafka), names)
})

/*
 * TRYING AGAIN is the work's own affair, for it alone knows which answer may be another one in a moment; a rejection ends the run.
 * `signal` is aborted when nobody waits any more; pass it on to `fetch`. (Between attempts yours would wait, longer each time.)
 */
function upTo(attempts: number, work: AsyncStep<CleanPlay, CleanPlay>): AsyncStep<CleanPlay, CleanPlay> {
  return async function triedAgain(value, context) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work(value, context)
      } catch (error) {
        if (attempt === attempts || context.signal.aborted) throw error
      }
    }
  }
}

test('12.3 what fails for a moment is tried again within the work, and no output shows it; what fails for good ends the run', async () => {
  let asked = 0
  const flaky: AsyncStep<CleanPlay, CleanPlay> = (value) => {
    asked += 1
    return asked < 3 ? Promise.reject(new Error('503')) : Promise.resolve(ok(value))
  }
  const kafka = drive(asking(upTo(3, flaky)))
  await kafka.send(topics.playsClean, play({ trackName: 'Hey' }))
  assert.deepEqual([namesIn(kafka), asked], [['Hey'], 3])

  const away = drive(asking(upTo(3, () => Promise.reject(new Error('catalogue is away')))))
  await assert.rejects(away.send(topics.playsClean, play()), /catalogue is away/)
  assert.equal(away.committed(topics.playsClean), 0n)
})

/*
 * A REQUEST that never ends stops its task, and looks like a slow one. With `timeoutMs` the process ends, names the work, is started
 * again by its supervisor, and gets the same records, for nothing of the run was committed. So an outage of the catalogue is an
 * outage of the topology, and no play is lost in it.
 */
test('12.4 a request without an answer ends the run; the same row comes again with the next one', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const signals: AbortSignal[] = []
  let isAway = true
  const kafka = drive(
    asking(function licence(value, { signal }) {
      signals.push(signal)
      return isAway ? new Promise(() => undefined) : Promise.resolve(ok(value))
    }, 500),
  )
  const sent = kafka.send(topics.playsClean, play({ trackName: 'Hey' }))
  while (signals.length === 0) await setImmediate()
  mock.timers.tick(500)
  await assert.rejects(sent, /mapAsync\(licence\): work on a row took longer than 500 ms/)
  mock.timers.reset()
  assert.equal(signals[0]?.aborted, true)
  assert.equal(kafka.committed(topics.playsClean), 0n)

  isAway = false
  kafka.crash()
  await kafka.send(topics.playsClean, play({ trackName: 'Yesterday' }))
  assert.deepEqual(namesIn(kafka), ['Hey', 'Yesterday'])
})

/*
 * TWICE: the outside takes no part in Kafka's transaction. A process that dies after it asked, and before it committed, asks again:
 *
 *     play ──▶ licence service: “1 play of t1”  ──▶ ✗ killed        the output was never written, but the service has counted
 *     play ──▶ licence service: “1 play of t1”  ──▶ committed       … twice, unless it can tell that it is the same play
 *
 * So what is done outside has to bear repeating. Send an id that is the row's own – the event id, or topic, partition and offset –
 * and let the service remember which it has had. A fresh `randomUUID()` would be another one each time.
 */
test('12.5 after a crash the outside is asked again; an id makes two requests one', async () => {
  const requests: string[] = []
  const counted = new Set<string>()
  const kafka = drive(
    asking((value) => {
      requests.push(value.eventId)
      counted.add(value.eventId)
      return Promise.resolve(ok(value))
    }),
  )
  kafka.crashBeforeCommit()
  await kafka.send(topics.playsClean, play({ eventId: 'e1', trackName: 'Hey' }))

  assert.deepEqual(namesIn(kafka), ['Hey'])
  assert.deepEqual(requests, ['e1', 'e1'])
  assert.equal(counted.size, 1)
})

/*
 * TIME goes on when an answer is there, which is later than in the operators before. So a stream time of its own begins behind
 * `mapAsync`, and its rows cannot be merged or joined with rows that did not wait: how long an answer takes would decide what is
 * late. Lead them through a topic with `keyBy` first, or ask behind the join.
 */
test('12.6 rows that have waited do not meet rows that have not', () => {
  const meeting = topology('meeting', ({ read }) => {
    const rows = read(topics.playsClean)
    return merge(
      rows.pipe(mapAsync(titleFrom(new Map()), { concurrency: 2 })),
      read(topics.duplicatePlays),
    ).pipe(write(answered))
  })
  assert.throws(() => drive(meeting), /come when the work on them is done .* lead them through a topic/)
})
