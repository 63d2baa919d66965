/** A topology does what would lose records, or cannot work; the message says what to change. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError'
}
