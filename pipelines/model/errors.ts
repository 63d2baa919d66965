/** What a model is to be made of, or written to, is not as it should be; the message names it and the remedy. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
}
