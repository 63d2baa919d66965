import { Observable, type OperatorFunction } from 'rxjs'
import type { OutputRow, Row } from '../row.ts'
import type { StoreCodec } from '../store.ts'
import { buildingTask } from '../task-context.ts'

export interface DeduplicateOptions<V> {
  /** What two sendings of the same thing share. */
  id: (value: V) => string
  /** How long an id is remembered, in ms of the records' time in Kafka. */
  rememberMs: number
}

/** A timestamp in 6 bytes: enough until the year 10889. */
const timestampCodec: StoreCodec<number> = {
  encode(timestamp) {
    const bytes = Buffer.allocUnsafe(6)
    bytes.writeUIntBE(timestamp, 0, 6)
    return bytes
  },
  decode: (bytes) => bytes.readUIntBE(0, 6),
}

/**
 * Tells the first row with an id from its repetitions.
 *
 *     ids           --a--b--a--c--
 *     first         --a--b-----c--
 *     duplicate     --------a-----
 */
export function deduplicate<V>({
  id,
  rememberMs,
}: DeduplicateOptions<V>): OperatorFunction<Row<V>, OutputRow<'first' | 'duplicate', V>> {
  return (rows) => {
    const task = buildingTask('deduplicate')
    const seen = task.store(task.uniqueName('deduplicate'), timestampCodec, { retentionMs: rememberMs })

    function forgetBefore(horizon: number): void {
      for (const [oldest, at] of seen.entries()) {
        if (at >= horizon) return
        seen.delete(oldest)
      }
    }

    return new Observable((subscriber) =>
      rows.subscribe({
        next(row) {
          const key = id(row.value)
          const output = seen.get(key) === undefined ? 'first' : 'duplicate'
          if (output === 'first') {
            forgetBefore(row.origin.timestamp - rememberMs)
            seen.put(key, row.origin.timestamp)
          }
          subscriber.next({ ...row, output })
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    )
  }
}
