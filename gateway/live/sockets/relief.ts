import { type Disconnect, disconnects } from '../protocol/codes.ts'

interface Slow {
  /** Bytes that wait for its client. */
  readonly queuedBytes: number
  close(disconnect: Disconnect): void
}

/** Sends those away for whom most waits, until no more bytes wait for all together than that. */
export function relieve(owners: Iterable<Slow>, maxBytes: number): void {
  let bytes = 0
  const slow: { owner: Slow; waits: number }[] = []
  for (const owner of owners) {
    const waits = owner.queuedBytes
    if (waits > 0) slow.push({ owner, waits })
    bytes += waits
  }
  if (bytes <= maxBytes) return
  for (const { owner, waits } of slow.sort((a, b) => b.waits - a.waits)) {
    if (bytes <= maxBytes) return
    owner.close(disconnects.slow)
    bytes -= waits
  }
}
