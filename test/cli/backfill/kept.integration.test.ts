import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import {
  foldWindow,
  keyBy,
  minutes,
  route,
  seconds,
  topology,
  tumbling,
} from '../../../pipelines/engine/index.ts'
import { topicOfVersion } from '../../../pipelines/engine/versioned.ts'
import { artistTotal } from '../../../pipelines/steps/artist-total.ts'
import { latePlay } from '../../../pipelines/steps/late-play.ts'
import { topics } from '../../../schemas/topics.ts'
import { until } from '../../kit/until.ts'
import { backfillRoom, closedIn, says, stillRuns, totalsIn } from './backfill-room.ts'

const room = backfillRoom()

/** What has been running so far: it takes each play for a minute longer than it was. */
const wrong = topology('listening-totals', ({ read }) =>
  read(topics.playsClean, { time: (play) => play.playedAt }).pipe(
    keyBy((play) => play.artistId, { through: topics.playsByArtist }),
    foldWindow({
      windows: tumbling(minutes(1), { grace: seconds(30) }),
      fold: {
        ...artistTotal,
        add: (...[state, play, ...rest]: Parameters<typeof artistTotal.add>) =>
          artistTotal.add(state, { ...play, msPlayed: play.msPlayed + 60_000 }, ...rest),
      },
      late: latePlay,
    }),
    route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
  ),
)

/** Reads the table again and again, as analysts do, and tells which topics the rows of each read came from. */
function analyst(): { stop(): Promise<string[]> } {
  let stopped = false
  const reading = (async () => {
    const seen: string[] = []
    while (!stopped) {
      const [row] = await room.clickhouse.rows<{ from: string[] }>(
        'SELECT arraySort(groupUniqArray(kafka_topic)) AS from FROM artist_totals',
      )
      const from = (row?.from ?? []).map((topic) => topic.replace(/^.*[.](?=artist)/, '')).join(' and ')
      if (seen.at(-1) !== from) seen.push(from)
      await setImmediate()
    }
    return seen
  })()
  return {
    async stop() {
      stopped = true
      return reading
    },
  }
}

const closed = () => closedIn(room)
const inTable = async (table?: string) => (await totalsIn(room, table)).length

test('beside what runs, killed amid it, it comes to what a loop comes to; readers see the old, then the new', async (t) => {
  await room.send(4_000)
  const old = await room.kafka.run(wrong)
  const sinks = await room.cli(t, 'sinks')
  await until(async () => (await inTable()) > 100, { what: 'totals of the old version', within: 30_000 })

  const first = await room.cli(t, 'backfill', 'listening-totals', '--from', 'kept', '--yes')
  const live = topicOfVersion(topics.artistTotalsLive, 2)
  await says(first, /it writes/)
  await until(async () => stillRuns(first) && (await room.kafka.records(live)).length > 0, {
    what: `its first rows`,
    within: 30_000,
  })
  first.process.kill('SIGKILL')
  assert.equal(await first.ended, 'SIGKILL')
  assert.match(
    first.stdout(),
    /listening-totals@2 is made from what is kept\n {2}topic .*plays-clean: about 4,000 records, from 2026-01-01 12:00:00 UTC on/,
  )
  assert.match(first.stdout(), /table artist_totals_v2, which becomes artist_totals/)
  assert.doesNotMatch(first.stdout(), /@2 has caught up/)

  await room.send(400)
  const analysts = analyst()
  const second = await room.cli(t, 'backfill', 'listening-totals', '--from', 'kept', '--yes')
  await says(second, /listening-totals@2 has been begun: going on with it/)
  await room.send(400)
  await says(second, /listening-totals@2 is in service/)
  assert.deepEqual(await totalsIn(room), closed())
  const seen = await analysts.stop()
  assert.deepEqual(seen, ['artist-totals', 'artist-totals.v2'])

  await room.send(400)
  await until(async () => (await inTable('artist_totals_v1')) >= closed().length, {
    what: 'the old one to go on',
    within: 20_000,
  })
  const run = await room.cli(t, 'run', 'listening-totals')
  assert.equal(await second.ended, 0, second.stderr())
  await room.send(400)
  await until(async () => (await inTable()) >= closed().length, { what: 'all windows', within: 30_000 })
  assert.deepEqual(await totalsIn(room), closed())

  const refused = await room.cli(t, 'reset', 'listening-totals@1', '--yes')
  assert.equal(await refused.ended, 1)
  assert.match(refused.stderr(), /listening-totals is being run by 1 process/)
  await old.stop()
  const removed = await room.cli(t, 'reset', 'listening-totals@1', '--yes')
  assert.equal(await removed.ended, 0, removed.stderr())
  assert.equal(await inTable('artist_totals_v1'), 0)
  assert.deepEqual(await totalsIn(room), closed())
  for (const each of [run, sinks]) {
    each.process.kill('SIGTERM')
    assert.equal(await each.ended, 0, each.stdout())
  }
})
