import { randomBytes, randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { listenersBy, operatorsBy } from '../../cli/dashboard.ts'
import { type Dashboard, startDashboard } from '../../dashboards/server/index.ts'
import type { ReadStages } from '../../dashboards/server/endpoints/pipeline.ts'
import { type Gateway, startGateway } from '../../gateway/live/index.ts'
import { type Role, mintToken } from '../../gateway/live/access/mint-token.ts'
import type { SendEvent } from '../../gateway/live/listeners/rpc.ts'
import { type TopArtistsUpdate, channels } from '../../schemas/channels.ts'
import { pseudonyms } from '../../schemas/pseudonym.ts'
import { testPublisher } from '../gateway/kit/publisher.ts'
import { freePort } from '../../stack/ports.ts'
import type { OpenOptions, TestBrowser } from '../kit/browser.ts'
import { services } from '../kit/services.ts'
import { type ArtistPlay, type ClickedList, type SetAside, type ShownList, testDatabase } from './database.ts'

const log = pino({ level: 'silent' })
const host = '127.0.0.1'
const settings = { key: randomBytes(32), issuer: 'continuo', audience: 'continuo-gateway' }
const pushBytes = randomBytes(32)
/** What the gateway of a live page calls a user. */
export const listenerOf = pseudonyms([randomBytes(32)]).listener

export interface LivePageOptions extends OpenOptions {
  browser: TestBrowser
  /** Updates that the channel keeps for recovery. */
  history?: number
  /** False: the dashboard makes no tokens, as in production. */
  makesTokens?: boolean
  /** Of the address, without the slash at its start: a view, parameters. */
  path?: string
  /** What the page has browsers subscribe to pushes with. */
  vapidPublicKey?: string
  /** What fewer listeners have played is not published. Default: everything is. */
  k?: number
  /** False: ClickHouse is not where the dashboard looks for it. */
  hasHistory?: boolean
  /** Plays in ClickHouse before the page opens, ms since 1970. */
  plays?: number[]
  /** Plays of listeners by name, the same. */
  artistPlays?: ArtistPlay[]
  /** What stages have set aside before. */
  letters?: SetAside[]
  /** How the stages are. Default: Kafka is away. */
  readStages?: ReadStages
  /** What became of recommendations before the page opens. */
  shown?: ShownList[]
  clicked?: ClickedList[]
  /** Behind the address. */
  hash?: string
  /** Takes what the listener tells. Default: goes nowhere. */
  send?: SendEvent
}

/** The page in a browser, against its server, a gateway and the real stores; all gone when the test is. */
export async function livePage(t: Pick<TestContext, 'after'>, options: LivePageOptions) {
  const { redisUrl, clickhouseUrl } = await services()
  const undo: (() => unknown)[] = []
  t.after(async () => {
    for (const step of undo.reverse()) await step()
  })

  const keyPrefix = `test-${randomUUID()}:`
  const publisher = testPublisher({
    redisUrl,
    keyPrefix,
    channel: channels.topArtists,
    history: options.history,
  })
  undo.push(() => publisher.close())
  await publisher.newEpoch('first')
  const database = await testDatabase(clickhouseUrl)
  undo.push(() => database.drop())
  if (options.plays) await database.insertPlays(options.plays)
  if (options.artistPlays)
    await database.insertArtistPlays(
      options.artistPlays.map((play) => ({ ...play, listener: listenerOf(play.listener) })),
    )
  if (options.letters) await database.insertLetters(options.letters)
  if (options.shown) await database.insertShown(options.shown)
  if (options.clicked) await database.insertClicked(options.clicked)

  let gateway: Gateway | undefined
  const gatewayPort = await freePort()
  let dashboard: Dashboard | undefined
  const dashboardPort = await freePort()
  const startApi = async (): Promise<void> => {
    dashboard = await startDashboard({
      host,
      port: dashboardPort,
      clickhouse: options.hasHistory === false ? { url: 'http://127.0.0.1:9', database: 'none' } : database,
      k: options.k ?? 1,
      ...(options.vapidPublicKey !== undefined && { vapidPublicKey: options.vapidPublicKey }),
      gatewayUrl: `ws://${host}:${gatewayPort}/connection/websocket`,
      mintToken: options.makesTokens === false ? undefined : () => token(3600),
      verifyListener: listenersBy(settings, listenerOf),
      verifyOperator: operatorsBy(settings),
      readStages: options.readStages,
      log,
      metrics: new Registry(),
    })
  }
  const stopApi = async (): Promise<void> => {
    await dashboard?.stop()
    dashboard = undefined
  }
  await startApi()
  undo.push(stopApi)
  const address = `http://${host}:${dashboardPort}`

  const startLive = async (): Promise<void> => {
    gateway = await startGateway({
      host,
      port: gatewayPort,
      redisUrl,
      keyPrefix,
      token: settings,
      pseudonymOf: listenerOf,
      pushKey: { id: 'k1', bytes: pushBytes },
      allowedOrigins: [address],
      send: options.send ?? (() => Promise.resolve()),
      log,
      metrics: new Registry(),
    })
  }
  const stopLive = async (): Promise<void> => {
    await gateway?.stop()
    gateway = undefined
  }
  await startLive()
  undo.push(stopLive)

  const open = await options.browser.open(`${address}/${options.path ?? ''}${options.hash ?? ''}`, options)
  undo.push(() => open.close())
  return {
    ...open,
    address,
    keyPrefix,
    startLive,
    stopLive,
    startApi,
    stopApi,
    publish: (update: Partial<TopArtistsUpdate>) =>
      publisher.publish({
        top: [],
        minutes: [],
        totalPlays: 0,
        receivedAt: [],
        k: options.k ?? 1,
        ...update,
      }),
    publisher,
    pushKey: { id: 'k1', bytes: pushBytes },
  }
}

/** A token that the gateway of a live page takes, for so long. */
export function token(ttlSeconds: number, sub = 'reader', role?: Role): Promise<string> {
  return mintToken({ ...settings, sub, ttlSeconds, ...(role && { role }) })
}

/** Artists named by letters, the first the most played. */
export function topOf(letters: string, most = 100): TopArtistsUpdate['top'] {
  return letters.split('').map((letter, place) => ({
    artistId: `artist-${letter}`,
    artistName: `Artist ${letter}`,
    plays: most - place,
    msPlayed: (most - place) * 180_000,
  }))
}

/** The names in the list, as a reader of the document meets them. */
export function namesIn(page: Page): Promise<string[]> {
  return page.locator('#top .name').allTextContents()
}
