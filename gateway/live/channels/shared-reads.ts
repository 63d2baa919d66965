import type { ChannelLog } from './channel-log.ts'
import type { LogPart } from './log-reader.ts'

/**
 * Has those who come back to a channel in one turn of the event loop, from positions that are near to one another, read its log once: from the lowest of them. Who
 * was further on would have read the end of that.
 */
export function sharedReads(log: ChannelLog): ChannelLog {
  const asked = new Map<string, { lowest: number; read: Promise<LogPart> }>()

  /** From the lowest position of all who ask until this turn is over. */
  function begun(place: string, offset: number) {
    const reading = { lowest: offset, read: undefined! as Promise<LogPart> }
    reading.read = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      asked.delete(place)
      return log.readAfter(place, reading.lowest)
    })
    asked.set(place, reading)
    return reading
  }

  return {
    begin: (place) => log.begin(place),
    top: (place) => log.top(place),

    async readAfter(place, offset) {
      const reading = asked.get(place) ?? begun(place, offset)
      reading.lowest = Math.min(reading.lowest, offset)
      const part = await reading.read
      if (offset === reading.lowest) return part
      // The limits may have cut off its end, of which who was further on would have got more.
      return isWhole(part) ? after(part, offset) : log.readAfter(place, offset)
    },
  }
}

const isWhole = ({ offset, publications }: LogPart): boolean =>
  publications.length === 0 || publications.at(-1)!.offset === offset

function after({ publications, ...rest }: LogPart, offset: number): LogPart {
  return { ...rest, publications: publications.filter((publication) => publication.offset > offset) }
}
