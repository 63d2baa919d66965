import { artistByHour } from '../queries/artist-by-hour.ts'
import { clickThrough } from '../queries/click-through.ts'
import { cohortRetention } from '../queries/cohort-retention.ts'
import { playsByDay } from '../queries/plays-by-day.ts'
import { playsByHour } from '../queries/plays-by-hour.ts'
import { playsByMinute } from '../queries/plays-by-minute.ts'
import { topArtists } from '../queries/top-artists.ts'
import { panelSql, series, weeksOfSpan } from './from-query.ts'
import { dashboard, graph, rows, source, sql } from './panels.ts'

const byMinute = panelSql(playsByMinute)
const byHour = panelSql(playsByHour)
const byDay = panelSql(playsByDay)
const artist = panelSql(artistByHour, { artistId: `\${artist:sqlstring}` })

const sections = {
  Plays: [
    graph(
      {
        title: 'Plays by minute',
        description:
          'Of the last six hours, by when they were played: late plays, imports and replays are in it, each once. If it ends early, look at the latency to ClickHouse of the pipeline.',
        unit: 'short',
        bars: true,
        timeFrom: '6h',
        targets: [sql(series(byMinute, 'plays'), 'timeseries')],
      },
      12,
    ),
    graph(
      {
        title: 'Listeners by minute',
        description:
          'Different ones, of the last six hours; exact while they are few, then within a percent.',
        unit: 'short',
        timeFrom: '6h',
        targets: [sql(series(byMinute, 'listeners'), 'timeseries')],
      },
      12,
    ),
    graph(
      {
        title: 'Plays by hour',
        description: 'Hours of UTC, each of them whole that the span touches.',
        unit: 'short',
        bars: true,
        targets: [sql(series(byHour, 'plays'), 'timeseries')],
      },
      12,
    ),
    graph(
      {
        title: 'Hours listened by hour',
        description: 'How long all plays of an hour were, together: hours of music in an hour of UTC.',
        unit: 'h',
        bars: true,
        targets: [sql(series(byHour, 'msPlayed / 3600000 AS listened'), 'timeseries')],
      },
      12,
    ),
    graph(
      {
        title: 'Plays by day',
        description: 'Days of UTC, each of them whole that the span touches.',
        unit: 'short',
        bars: true,
        targets: [sql(series(byDay, 'plays'), 'timeseries')],
      },
      12,
    ),
    graph(
      {
        title: 'Listeners by day',
        description: 'Different ones in a day of UTC; exact while they are few, then within two percent.',
        unit: 'short',
        bars: true,
        targets: [sql(series(byDay, 'listeners'), 'timeseries')],
      },
      12,
    ),
  ],
  Artists: [
    rows({
      title: 'Top artists',
      description:
        'The twenty most played in the hours that the span touches, under the name that came last. Of how many listeners is not told: not to be published.',
      unit: 'short',
      units: { listened: 'h' },
      targets: [
        sql(
          `SELECT artistName AS artist, plays, msPlayed / 3600000 AS listened\nFROM\n(\n${panelSql(topArtists, { artists: '20' })}\n)\nORDER BY plays DESC, artistId`,
          'table',
        ),
      ],
    }),
    graph(
      {
        title: 'An artist by hour',
        description:
          'Plays of the artist who is chosen above, among the hundred most played, by hour of UTC.',
        unit: 'short',
        bars: true,
        targets: [sql(series(artist, 'plays'), 'timeseries')],
      },
      12,
    ),
  ],
  'Recommendations and listeners': [
    rows({
      title: 'Click-through by model',
      description:
        'Of the lists that were on a screen the part of which an artist was chosen, by the version of the model, newest first. Falls it with a version: `continuo model list`, `continuo model rollback`.',
      unit: 'short',
      units: { 'click-through': 'percentunit' },
      targets: [
        sql(
          `SELECT modelVersion AS version, listsShown AS lists, listeners, clicks, clickThrough AS \`click-through\`\nFROM\n(\n${panelSql(clickThrough)}\n)\nORDER BY version DESC`,
          'table',
        ),
      ],
    }),
    rows({
      title: 'Retention by week',
      description:
        'Of the listeners whose first play ever was in a week, the part that played so many weeks later. Of the last thirteen weeks; the newest week is not over.',
      unit: 'percentunit',
      max: 1,
      colour: true,
      timeFrom: '13w',
      transformations: [
        {
          id: 'groupingToMatrix',
          options: { rowField: 'cohort', columnField: 'week', valueField: 'playing', emptyValue: 'null' },
        },
      ],
      targets: [
        sql(
          `SELECT toString(toDate32(fromUnixTimestamp64Milli(toInt64(start), 'UTC'))) AS cohort, week, playing_listeners / listeners AS playing\nFROM\n(\n${panelSql(cohortRetention, { weeks: weeksOfSpan })}\n)\nARRAY JOIN active AS playing_listeners, arrayMap(i -> i - 1, arrayEnumerate(active)) AS week\nORDER BY cohort, week`,
          'table',
        ),
      ],
    }),
  ],
}

/** Business numbers: out of ClickHouse, by the queries of `dashboards/queries/`. */
export const plays = dashboard({
  uid: 'continuo-plays',
  title: 'Continuo: plays and listeners',
  description:
    'What was played, by whom how many, and what became of recommendations, as ClickHouse has it. For the house: figures of few listeners are shown, and are not to be published.',
  time: { from: 'now-7d', to: 'now' },
  refresh: '1m',
  variables: [
    source('clickhouse'),
    {
      type: 'query',
      name: 'artist',
      label: 'Artist',
      refresh: 2,
      datasource: { type: 'grafana-clickhouse-datasource', uid: '$clickhouse' },
      query: {
        refId: 'artist',
        editorType: 'sql',
        queryType: 'table',
        format: 1,
        pluginVersion: '4.0.0',
        rawSql: panelSql(topArtists, { artists: '100' }),
      },
    },
  ],
  sections,
})
