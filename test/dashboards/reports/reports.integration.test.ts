import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { artistReport } from '../../../dashboards/reports/artist.ts'
import { dailyReport } from '../../../dashboards/reports/daily.ts'
import { listenerReport } from '../../../dashboards/reports/listener.ts'
import { type Report, ReportError } from '../../../dashboards/reports/report.ts'
import { retentionReport } from '../../../dashboards/reports/retention.ts'
import { clickhouseRoom } from '../../sinks/clickhouse/room.ts'
import { type SomePlay, insertPlays, somePlays } from '../queries/naive.ts'
import * as naive from './naive.ts'

const [HOUR, DAY] = [3_600_000, 86_400_000]
const ROUNDS = { numRuns: 4 }
/** A Tuesday. */
const day = Date.UTC(2026, 0, 6)
const now = day + 20 * DAY + 5 * HOUR

let room: Awaited<ReturnType<typeof clickhouseRoom>>
before(async () => (room = await clickhouseRoom()))
after(() => room.close())

const source = (k: number) => ({ client: room.client, k, now })

/** Asks about random plays in a table of their own. */
const onPlays = (check: (plays: SomePlay[]) => Promise<void>) =>
  fc.assert(
    fc.asyncProperty(somePlays, async (inserts) => {
      await room.client.command({ query: 'TRUNCATE TABLE plays' })
      for (const plays of inserts) await insertPlays(room.client, plays)
      await check(inserts.flat())
    }),
    ROUNDS,
  )

/** Nothing is told but an error, if nothing may be told. */
async function same(report: Promise<Report>, wanted: ReturnType<typeof naive.valuesOf>, something: boolean) {
  if (something) assert.deepEqual(naive.valuesOf(await report), wanted)
  else await assert.rejects(report, ReportError)
}

const ks = [1, 2, 3]

test('a day’s figures, hours and artists are those of a loop, for every k', () =>
  onPlays(async (plays) => {
    for (const k of ks) {
      const wanted = naive.daily(plays, day, k)
      const [listeners] = wanted.figures.listeners
      await same(dailyReport(source(k), '2026-01-06'), wanted, (listeners ?? 0) > 0)
    }
  }))

test('an artist’s days and hours are those of a loop, for every k', () =>
  onPlays(async (plays) => {
    const [from, to] = [day - 3 * DAY, day + 6 * DAY]
    for (const k of ks) {
      const wanted = naive.artist(plays, 1, from, to, k)
      const asked = artistReport(source(k), 'artist 1', { from: '2026-01-03', to: '2026-01-12' })
      await same(asked, wanted, wanted.figures.days[0]! > 0)
    }
  }))

test('a listener’s year is that of a loop over their plays, and nobody else’s', () =>
  onPlays(async (plays) => {
    for (const listener of [0, 1])
      for (const year of [2025, 2026]) {
        const wanted = naive.listener(plays, listener, year)
        const asked = listenerReport(source(10), `listener ${listener}`, year)
        await same(asked, wanted, wanted.figures.plays[0]! > 0)
      }
  }))

test('cohorts, and who of them came back, are those of a loop, for every k', () =>
  onPlays(async (plays) => {
    for (const k of ks) {
      const cohorts = naive.retention(plays, now, 13, k)
      const asked = retentionReport(source(k), 13)
      if (cohorts.length === 0) await assert.rejects(asked, ReportError)
      else assert.deepEqual(naive.valuesOf(await asked).tables['cohorts'], cohorts)
    }
  }))

const playsOf = (listeners: number, some: Partial<SomePlay>): SomePlay[] =>
  Array.from({ length: listeners }, (_, listener) => ({
    listener,
    artist: 1,
    track: 1,
    at: day,
    msPlayed: 60_000,
    name: 'one',
    receivedAt: day,
    ...some,
  }))

test('of nine listeners nothing is told, not even that there was something; of ten it is', async () => {
  await room.client.command({ query: 'TRUNCATE TABLE plays' })
  await insertPlays(room.client, playsOf(9, { name: 'hardly known' }))
  const asked = [
    dailyReport(source(10), '2026-01-06'),
    artistReport(source(10), 'artist 1', { from: '2026-01-06', to: '2026-01-07' }),
    artistReport(source(10), 'artist 2', { from: '2026-01-06', to: '2026-01-07' }),
    retentionReport(source(10), 13),
  ]
  const refusals = await Promise.allSettled(asked)
  const messages = refusals.map((refusal) =>
    refusal.status === 'rejected' ? (refusal.reason as Error).message : 'told',
  )
  for (const message of messages) assert.match(message, /10 listeners.*K_ANONYMITY=1/)
  assert.doesNotMatch(messages.join(), /hardly known/)
  assert.equal(messages[1]!.replace('artist 1', 'artist 2'), messages[2])

  await insertPlays(room.client, playsOf(10, { at: day + HOUR }))
  const report = await dailyReport(source(10), '2026-01-06')
  const { tables } = naive.valuesOf(report)
  assert.deepEqual(
    tables['hours']!.slice(0, 2).map((row) => row['plays']),
    [null, 10],
  )
  assert.equal(naive.valuesOf(await dailyReport(source(1), '2026-01-06')).tables['hours']![0]!['plays'], 9)
})

test('a day stands beside the day before and the same weekday of a week before', async () => {
  await room.client.command({ query: 'TRUNCATE TABLE plays' })
  for (const before of [0, 1, 2, 5, 6, 7, 8])
    await insertPlays(room.client, playsOf(before + 1, { at: day - before * DAY }))
  const { figures } = naive.valuesOf(await dailyReport(source(1), '2026-01-06'))
  assert.deepEqual(figures['listeners'], [1, 2, 8])
})

test('the share that came back is of all cohorts that are told, without the running week', async () => {
  await room.client.command({ query: 'TRUNCATE TABLE plays' })
  const monday = Date.UTC(2026, 0, 5)
  await insertPlays(room.client, [
    ...playsOf(4, { at: monday }),
    ...playsOf(3, { at: monday + 7 * DAY }),
    ...playsOf(6, { at: monday + 14 * DAY }).slice(4),
    ...playsOf(1, { at: monday + 21 * DAY }),
  ])
  const { figures } = await retentionReport(source(1), 13)
  // Four of a week before, three of them back; of the two of a week later the next week is running.
  assert.deepEqual(
    figures.map(({ name, value }) => [name, value]),
    [
      ['back1', 3 / 4],
      ['back4', null],
    ],
  )
})

test('of hours that have not begun nothing is said, not that nobody played', async () => {
  await room.client.command({ query: 'TRUNCATE TABLE plays' })
  await insertPlays(room.client, playsOf(1, { at: now - HOUR }))
  const hoursOf = ({ tables }: Report) => tables.find(({ name }) => name === 'hours')!.rows
  const today = hoursOf(await dailyReport(source(1), '2026-01-26'))
  assert.deepEqual(
    today.map(({ hour, plays }) => [hour, plays]),
    ['00', '01', '02', '03', '04', '05'].map((hour) => [`${hour}:00`, hour === '04' ? 1 : 0]),
  )
  const ofArtist = hoursOf(await artistReport(source(1), 'artist 1'))
  assert.deepEqual([ofArtist.length, ofArtist.at(-1)!['hour']], [6 * 24 + 6, '2026-01-26T05:00Z'])
})

test('by default a day is yesterday and an artist’s days are thirty; who is asked is told how far it is', async () => {
  await room.client.command({ query: 'TRUNCATE TABLE plays' })
  await insertPlays(room.client, playsOf(1, { at: now - DAY }))
  const steps: [number, number][] = []
  const report = await dailyReport({
    ...source(1),
    progress: (answered, questions) => steps.push([answered, questions]),
  })
  assert.equal(report.title, 'Sunday, 2026-01-25')
  assert.deepEqual(steps, [
    [0, 3],
    [1, 3],
    [2, 3],
    [3, 3],
  ])
  const { about, tables } = await artistReport(source(1), 'artist 1')
  assert.match(about, /from 2025-12-28 to 2026-01-26,/)
  assert.equal(tables[0]!.rows.length, 30)
})

test('what cannot be answered is said with what to do about it', async () => {
  const remedies: [() => Promise<Report>, RegExp][] = [
    [() => dailyReport(source(1), '1899-12-31'), /no table has: ask for days from 1900 to 2299/],
    [
      () => dailyReport(source(1), '1900-01-01'),
      /nobody has played anything on 1900-01-01: name another day/,
    ],
    [
      () => artistReport(source(1), 'artist 1', { from: '2026-01-02', to: '2026-01-01' }),
      /`to` is the first day that is not asked for/,
    ],
    [
      () => artistReport(source(1), 'artist 1', { from: '2024-01-01', to: '2026-01-01' }),
      /more than 92 days apart: ask for 92 at most/,
    ],
    [
      () => artistReport(source(1), "x'; DROP TABLE plays --"),
      /nobody has played the artist "x'; DROP TABLE plays --"/,
    ],
    [() => listenerReport(source(1), 'nobody', 2026), /has played nothing in 2026: check the year/],
  ]
  for (const [ask, remedy] of remedies) await assert.rejects(ask, { name: 'ReportError', message: remedy })
})
