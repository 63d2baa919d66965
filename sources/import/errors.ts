/** An import cannot go on. The message says what is wrong and what to do. */
export class ImportError extends Error {
  override readonly name = 'ImportError'
}

/** A file cannot be read, or not to its end; the others go on. The message completes "<file>: ". */
export class FileError extends Error {
  override readonly name = 'FileError'
}
