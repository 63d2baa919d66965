/** ClickHouse tables, each named once. */
export const tables = {
  plays: 'plays',
  artistTotals: 'artist_totals',
  deadLetters: 'dead_letters',
} as const
