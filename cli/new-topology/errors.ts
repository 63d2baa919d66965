/** A topology cannot be written: the message says what was found, and what to do. Nothing has been changed. */
export class NewTopologyError extends Error {
  override readonly name = 'NewTopologyError'
}
