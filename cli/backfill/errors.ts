/** A topology cannot be processed anew. The message names it, and the remedy. */
export class BackfillError extends Error {
  override readonly name = 'BackfillError'
}
