/** What was asked of dead letters cannot be done; the message says why, and what to do. */
export class DeadLetterError extends Error {
  override readonly name = 'DeadLetterError'
}
