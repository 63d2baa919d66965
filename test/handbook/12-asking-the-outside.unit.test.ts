/**
 * Chapter 12. Asking the outside.
 *
 * Some of what a row needs is not in any topic: a catalogue has it, a licence service, a database. `mapAsync` asks them. Chapter 4
 * showed that rows keep their order meanwhile; this chapter is about what can go wrong with somebody who is asked, and
 * about when it is better to ask nobody.
 */
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import {
  type AsyncStep,
  avroSchema,
  deadLetter,
  drop,
  joinGlobal,
  mapAsync,
  merge,
  ok,
  topic,
  topology,
  write,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import type { CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { play } from '../kit/builders.ts'

/** Plays with what `work` makes of them. Who is asked comes from outside, as a step's dependencies do: a test brings its own. */
const asking = (work: AsyncStep<CleanPlay, CleanPlay>, timeoutMs?: number) =>
  topology('asking', ({ read }) =>
    read(topics.playsClean).pipe(
      mapAsync(work, { concurrency: 2, ...(timeoutMs !== undefined && { timeoutMs }) }),
      write(topics.playsByArtist),
    ),
  )

const namesIn = (kafka: ReturnType<typeof drive>) =>
  kafka.written(topics.playsByArtist).map(({ value }) => value.trackName)

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

test('12.1 who is asked may say no: that is an outcome, and the rows around it go on', async () => {
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
test('12.2 no more are asked about at a time than may be', async () => {
  let [underWay, most] = [0, 0]
  const kafka = drive(
    asking(async (value) => {
      underWay += 1
      most = Math.max(most, underWay)
      await setImmediate()
      underWay -= 1
      return ok(value)
    }),
  )
  await kafka.sendAll(Array.from({ length: 20 }, () => [topics.playsClean, play()] as const))
  assert.equal(most, 2)
  assert.equal(namesIn(kafka).length, 20)
})

/*
 * TRYING AGAIN is the work's own affair, for it alone knows which answer may be another one in a moment. `signal` tells it that
 * nobody waits any more; pass it on to `fetch`. (Between attempts yours would wait, longer each time.)
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

test('12.3 what fails for a moment is tried again within the work, and nobody sees it', async () => {
  let asked = 0
  const flaky: AsyncStep<CleanPlay, CleanPlay> = (value) => {
    asked += 1
    return asked < 3 ? Promise.reject(new Error('503')) : Promise.resolve(ok(value))
  }
  const kafka = drive(asking(upTo(3, flaky)))
  await kafka.send(topics.playsClean, play({ trackName: 'Hey' }))
  assert.deepEqual([namesIn(kafka), asked], [['Hey'], 3])
})

/*
 * SILENCE is the worst answer. Without `timeoutMs` a work that never ends stops its task for ever, and looks like a slow one;
 * with it the process ends, says which work it was, is started again by its supervisor, and is given the same records, for
 * nothing of the run was committed. So an outage of the catalogue is an outage of the topology, and no play is lost in it.
 */
test('12.4 who does not answer ends the run; when he is back, the same row comes again', async () => {
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
 * So what is done outside has to bear repeating. Give it an id that is the row's own – the event id, or topic, partition and
 * offset – and let it remember which it has had. A fresh `randomUUID()` would be another one each time.
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
    return merge(rows.pipe(mapAsync(titleFrom(new Map()), { concurrency: 2 })), read(topics.duplicatePlays))
  })
  assert.throws(() => drive(meeting), /come when the work on them is done .* lead them through a topic/)
})

/*
 * ASKING NOBODY is better where it can be had. If the catalogue can write what it knows to a compacted topic, a table holds it
 * beside the rows: no request, no outage, no time-out, and no stream time of its own.
 *
 *     a table (chapter 6)      it is spread as the rows are, by the same key; a replay in order meets what the year met
 *     a global table           any key; small enough for each process to keep whole; what it holds is what it holds now
 *     mapAsync                 too large to keep, changes by the second, is computed, or must be done (a letter, a payment)
 */
interface CatalogueEntry {
  title: string
}

const catalogueTopic = topic(
  'catalogue',
  avroSchema<CatalogueEntry>('catalogue-entry.v1', {
    type: 'record',
    name: 'CatalogueEntry',
    fields: [{ name: 'title', type: 'string' }],
  }),
  'track',
  { 'cleanup.policy': 'compact' },
)

test('12.7 the same question to a table: the answer is there before the row is', async () => {
  const titled = topology('titled-by-table', ({ read, readGlobalTable }) =>
    read(topics.playsClean).pipe(
      joinGlobal(readGlobalTable(catalogueTopic), {
        key: ({ trackId }) => trackId,
        join: (value, { title }): CleanPlay => ({ ...value, trackName: title }),
      }),
      write(topics.playsByArtist),
    ),
  )
  const kafka = drive(titled)
  await kafka.send(catalogueTopic, { title: 'Hey' }, { key: 't1' })
  for (const trackId of ['t1', 't2']) await kafka.send(topics.playsClean, play({ trackId }))

  assert.deepEqual(namesIn(kafka), ['Hey'])
  assert.deepEqual(
    kafka.outcomes().map(({ reason, count }) => [reason, count]),
    [['no_partner', 1]],
  )
})
