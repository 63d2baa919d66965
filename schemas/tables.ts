/** ClickHouse tables, each named once. */
export const tables = {
  plays: 'plays',
  artistTotals: 'artist_totals',
  deadLetters: 'dead_letters',
  recommendations: 'recommendations',
  recommendationsShown: 'recommendations_shown',
  recommendationsClicked: 'recommendations_clicked',
  pushOutcomes: 'push_outcomes',
} as const
