import {
  type RecommendationsUpdate,
  type TopArtistsUpdate,
  channelKeys,
  channelOf,
  channels,
  ownChannels,
} from '../../../schemas/channels.ts'
import { totalsKeys } from '../../../sinks/redis/keys.ts'
import type { Found } from '../../contracts/compare.ts'
import { PLAY_COLUMNS, keyed } from '../../contracts/found.ts'
import { lineOfArtist, lineOfPlace } from './last-hour.ts'
import type { Place } from './place.ts'
import { LISTENERS } from './sender.ts'

export const playsInClickhouse = (place: Place) =>
  keyed(place, 2, `SELECT kafka_partition, kafka_offset, ${PLAY_COLUMNS} FROM plays`)

export const windowsInClickhouse = (place: Place) =>
  keyed(
    place,
    2,
    `SELECT kafka_partition, kafka_offset, artist_id, artist_name, toUnixTimestamp64Milli(window_start), plays, ms_played, listeners
     FROM artist_totals`,
  )

const keyPrefixOf = ({ env }: Place) => env['REDIS_PREFIX']!

export async function totalsInRedis(place: Place): Promise<Found> {
  const { redis } = place
  const { plays, ms, names, minutes } = totalsKeys(keyPrefixOf(place))
  const [ranked, msOf, nameOf, counts] = await Promise.all([
    redis.zrange(plays, '0', '-1', 'WITHSCORES'),
    redis.hgetall(ms),
    redis.hgetall(names),
    redis.hgetall(minutes),
  ])
  const artists = ranked.flatMap((artistId, at) =>
    at % 2 === 0 ? [{ artistId, plays: Number(ranked[at + 1]) }] : [],
  )
  return [
    ...artists.map(({ artistId, plays: count }) => {
      const artist = { artistId, artistName: nameOf[artistId] ?? '', plays: count }
      return [`artist ${artistId}`, lineOfArtist({ ...artist, msPlayed: Number(msOf[artistId]) })] as const
    }),
    ...Object.entries(counts).map(([start, count]) => [`minute ${start}`, count] as const),
  ]
}

export async function topInRedis(place: Place): Promise<Found> {
  const newest = await newestIn<TopArtistsUpdate>(place, channels.topArtists)
  return (newest?.top ?? []).map((artist, at) => [`place ${at + 1}`, lineOfPlace(artist)])
}

export async function listsInRedis(place: Place): Promise<Found> {
  const all = LISTENERS.map(async (listener) => {
    const list = await newestIn<RecommendationsUpdate>(
      place,
      channelOf(ownChannels.recommendations, listener),
    )
    return list === undefined ? [] : [[listener, JSON.stringify(list)] as const]
  })
  return (await Promise.all(all)).flat()
}

async function newestIn<Data>(place: Place, channel: string): Promise<Data | undefined> {
  const { log } = channelKeys(keyPrefixOf(place), channel)
  const [entry] = await place.redis.xrevrange(log, '+', '-', 'COUNT', 1)
  return entry && (JSON.parse(entry[1][1]!) as Data)
}

/** Rows of a rollup, read from it alone. */
export async function rollupInClickhouse(
  { clickhouse }: Place,
  name: string,
  { query, keys, ordered = false }: { query: string; keys: number; ordered?: boolean },
): Promise<Found> {
  const alone = ordered ? '' : ` SETTINGS force_optimize_projection_name = '${name}'`
  return keyed({ clickhouse }, keys, query + alone)
}

/** ClickHouse's hashes of texts. */
export async function hashesOf(
  { clickhouse }: Place,
  texts: readonly string[],
): Promise<Map<string, string>> {
  const answer = await clickhouse.query({
    query: 'SELECT text, toString(sipHash64(text)) FROM (SELECT arrayJoin({texts: Array(String)}) AS text)',
    query_params: { texts },
    format: 'JSONCompactEachRow',
  })
  return new Map(await answer.json<[string, string]>())
}
