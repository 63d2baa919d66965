/** Rows as in an export, all different; the same ones for the same count. */
export function someRows(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    endTime: new Date(Date.UTC(2021, 3, 22) + index * 60_000).toISOString().slice(0, 16).replace('T', ' '),
    artistName: `Artist ${index % 7}`,
    trackName: `Track ${index % 31}`,
    msPlayed: 1_000 * (index % 240),
  }))
}
