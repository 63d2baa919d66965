/** A topology does what would lose records, or cannot work; the message says what to change. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError'
}

/** Bytes of a changelog, `what`, that no version of the engine or of the topology wrote as this one does. */
export const otherVersion = (what: string, cause?: unknown) =>
  new TopologyError(
    `${what} was written by another version: begin anew, by \`continuo reset\` or by giving the topology another name, or begin anew with all ` +
      'of them under another TOPIC_PREFIX and APPLICATION_ID or, locally, in another data folder',
    { cause },
  )

/** What changelogs hold does not go with the group's offsets, or with the topology; the message says what to do. */
export class StateError extends Error {
  override readonly name = 'StateError'
}
