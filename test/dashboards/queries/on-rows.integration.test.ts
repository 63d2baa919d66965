import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ownArtists } from '../../../dashboards/queries/own-artists.ts'
import { ownDays } from '../../../dashboards/queries/own-days.ts'
import { clickhouseRoom } from '../../sinks/clickhouse/room.ts'
import { onPlaysIn, perSpan, topOf } from './naive.ts'

const DAY = 86_400_000
const RUNS = 12
const from = Date.UTC(2026, 0, 5)
const span = (length: number) => ({ from: new Date(from), to: new Date(from + length) })

let room: Awaited<ReturnType<typeof clickhouseRoom>>
before(async () => (room = await clickhouseRoom()))
after(() => room.close())

const onPlays = onPlaysIn(() => room.client, RUNS)

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
