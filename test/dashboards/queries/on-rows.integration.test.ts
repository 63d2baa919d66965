import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { artistDays } from '../../../dashboards/queries/artist-days.ts'
import { artistHours } from '../../../dashboards/queries/artist-hours.ts'
import { artistListeners } from '../../../dashboards/queries/artist-listeners.ts'
import { ownArtists } from '../../../dashboards/queries/own-artists.ts'
import { ownDays } from '../../../dashboards/queries/own-days.ts'
import { clickhouseRoom } from '../../sinks/clickhouse/room.ts'
import { listenersOf, onPlaysIn, perSpan, topOf } from './naive.ts'

const [HOUR, DAY] = [3_600_000, 86_400_000]
const RUNS = 12
const from = Date.UTC(2026, 0, 5)
const span = (length: number) => ({ from: new Date(from), to: new Date(from + length) })

let room: Awaited<ReturnType<typeof clickhouseRoom>>
before(async () => (room = await clickhouseRoom()))
after(() => room.close())

const onPlays = onPlaysIn(() => room.client, RUNS)

test('listeners of artists are those of a loop, of these artists alone', () =>
  onPlays(async (plays) => {
    const hours = span(40 * HOUR)
    const artistIds = ['artist 1', 'artist 3', "none'); DROP TABLE plays --"]
    assert.deepEqual(
      await artistListeners.run(room.client, { ...hours, artistIds }),
      listenersOf(plays, hours, [1, 3]),
    )
    assert.deepEqual(await artistListeners.run(room.client, { ...hours, artistIds: [] }), [])
  }))

test('hours and days of an artist, listeners included, are those of a loop', () =>
  onPlays(async (plays) => {
    const hours = span(40 * HOUR)
    assert.deepEqual(
      await artistHours.run(room.client, { artistId: 'artist 1', ...hours }),
      perSpan(
        plays.filter(({ artist }) => artist === 1),
        HOUR,
        hours,
      ),
    )
    const days = span(9 * DAY)
    assert.deepEqual(
      await artistDays.run(room.client, { artistId: 'artist 1', ...days }),
      perSpan(
        plays.filter(({ artist }) => artist === 1),
        DAY,
        days,
      ),
    )
  }))

test('a listener’s own days and artists are those of a loop, and nobody else’s', () =>
  onPlays(async (plays) => {
    const days = span(9 * DAY)
    for (const listener of [0, 1]) {
      const own = plays.filter((play) => play.listener === listener)
      const asked = { listener: `listener ${listener}`, ...days }
      assert.deepEqual(
        await ownDays.run(room.client, asked),
        perSpan(own, DAY, days).map(({ listeners: _, ...day }) => day),
      )
      const names = await ownArtists.run(room.client, asked)
      // The name that came last to the listener, within the days.
      const within = own.filter(({ at }) => at >= from && at < from + 9 * DAY)
      assert.deepEqual(names, topOf(within, days))
    }
  }))
