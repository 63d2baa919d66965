import type { ClickHouseClient } from '@clickhouse/client'
import { LEAST_LISTENING_MS } from '../../schemas/listening.ts'
import { tables } from '../../schemas/tables.ts'
import { rowsOf } from './rows-of.ts'

/** How often a listener has played an artist. */
interface PlayedArtist {
  listener: string
  artist: string
  plays: number
}

/** How many artists of each country are told. */
const POPULAR = 500

/** What a model is trained on, of all plays that there are. @throws TableError where ClickHouse refuses to tell. */
export async function trainingPlays(client: ClickHouseClient): Promise<{
  listenings: PlayedArtist[]
  names: Map<string, string>
  popular: Map<string, string[]>
}> {
  const listenings = await rowsOf<PlayedArtist>(
    client,
    tables.plays,
    `SELECT listener, artist_id AS artist, count() AS plays
     FROM {table:Identifier}
     WHERE ms_played >= {leastMs:UInt32}
     GROUP BY listener, artist`,
    { leastMs: LEAST_LISTENING_MS },
  )
  const names = await rowsOf<{ artist: string; name: string }>(
    client,
    tables.plays,
    `SELECT artist_id AS artist, argMax(artist_name, (received_at, artist_name)) AS name
     FROM {table:Identifier}
     GROUP BY artist`,
  )
  const popular = await rowsOf<{ at: string; artist: string }>(
    client,
    tables.plays,
    `SELECT assumeNotNull(country) AS at, artist_id AS artist
     FROM {table:Identifier}
     WHERE ms_played >= {leastMs:UInt32} AND isNotNull(country)
     GROUP BY at, artist
     ORDER BY at, uniqExact(listener) DESC, artist
     LIMIT {popular:UInt32} BY at`,
    { leastMs: LEAST_LISTENING_MS, popular: POPULAR },
  )
  const byCountry = Map.groupBy(popular, ({ at }) => at)
  return {
    listenings,
    names: new Map(names.map(({ artist, name }) => [artist, name])),
    popular: new Map(Array.from(byCountry, ([at, rows]) => [at, rows.map(({ artist }) => artist)])),
  }
}
