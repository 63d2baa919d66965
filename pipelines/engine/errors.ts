/** A topology does what would lose records, or cannot work; the message says what to change. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError'
}

/** Bytes of a changelog, `what`, that no version of the engine or of the topology wrote as this one does. */
export const otherVersion = (what: string, cause?: unknown) =>
  new TopologyError(
    `${what} was written by another version: give the topology another name, under which it begins anew, or begin anew with all ` +
      'of them under another TOPIC_PREFIX and APPLICATION_ID or, locally, in another data folder',
    { cause },
  )
