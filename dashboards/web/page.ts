import { followClickThrough } from './click-through.ts'
import { startForYou } from './for-you.ts'
import { followHistory } from './history.ts'
import { followLive } from './live.ts'
import { startOverview } from './overview.ts'
import { startPushes } from './push/pushes.ts'
import { followServerTime } from './time-sync.ts'
import { modelTable } from './views/model-table.ts'
import { notYet } from './views/not-yet.ts'
import { status } from './views/status.ts'
import { startViews } from './views.ts'

/** What the server tells the page. */
export interface PageConfig {
  gatewayUrl: string
  /** What browsers subscribe to pushes with; empty: there are none. */
  vapidPublicKey: string
}

/** Puts sources, models and views together. */
export function startPage({ gatewayUrl, vapidPublicKey }: PageConfig) {
  const time = followServerTime()
  let connected = false
  const overview = startOverview(time, () => connected)
  const lamp = status(() => live.retry())
  const history = followHistory(overview.history)
  const live = followLive(gatewayUrl, {
    connection(connection) {
      connected = connection.kind === 'live'
      lamp.connection(connection)
      notYet(connection)
    },
    resumed(resumption) {
      lamp.resumed(resumption)
      if (!resumption.recovered) history.refresh()
    },
    update(update, replayed) {
      overview.update(update, replayed)
      views.redraw()
    },
  })

  const { client, listener, token } = live
  const views = startViews({ now: time.now, playsSince: overview.playsSince, token })
  startForYou({ client, listener, now: time.now, failed: lamp.failed })
  void startPushes({ client, listener, vapidPublicKey, failed: lamp.failed })
  followClickThrough(modelTable())
  return { latency: overview.latency }
}
