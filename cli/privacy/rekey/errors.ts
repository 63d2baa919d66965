/** Pseudonyms cannot be brought into a new epoch as things stand. The message says what to do. */
export class RekeyError extends Error {
  override readonly name = 'RekeyError'
}
