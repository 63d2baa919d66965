/** Something that the push stage was given cannot be used. The message says what, and what to do. */
export class PushError extends Error {
  override readonly name = 'PushError'
}
