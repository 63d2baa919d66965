/** Offsets of one partition that go into one insert. Control and aborted records lie in it, too; it may hold no row. */
export interface OffsetRange {
  from: bigint
  /** Exclusive. */
  end: bigint
  /** The last committed record in it. What is behind it, up to the end, need not be seen again. */
  last: bigint | undefined
}

/** Which partition, of which incarnation of its topic. */
export interface Origin {
  topic: string
  topicId: string
  partition: number
}

/**
 * Under this token ClickHouse takes an insert once. The topic's id is in it, since a topic that is deleted and created
 * again begins anew at offset 0.
 */
export function deduplicationToken(
  { topic, topicId, partition }: Origin,
  { from, end }: OffsetRange,
): string {
  return `${topic}:${topicId}:${partition}:${from}-${end}`
}

/** What is committed, as the offset's metadata, before the range is inserted: whoever comes next finishes just this. */
export function intentText({ end, last }: OffsetRange): string {
  return last === undefined ? `end=${end}` : `end=${end} last=${last}`
}

/** The range in doubt that begins at a committed offset, or undefined if its metadata names none. */
export function rangeInDoubt(from: bigint, metadata: string | null | undefined): OffsetRange | undefined {
  const match = /^end=(\d+)(?: last=(\d+))?$/.exec(metadata ?? '')
  if (match === null) return undefined
  const end = BigInt(match[1]!)
  if (end <= from) return undefined
  return { from, end, last: match[2] === undefined ? undefined : BigInt(match[2]) }
}
