import type { Observable } from 'rxjs'
import { graphNode, nodeOf } from '../graph.ts'
import type { OutputRow, Row } from '../row.ts'
import type { StoreCodec } from '../store-codec.ts'
import { type Named, buildingTask } from '../task-context.ts'
import { requireLength } from '../windows.ts'
import { operate } from './operate.ts'

export interface DeduplicateOptions<V> extends Named {
  /** What two sendings of the same thing share. */
  id: (value: V) => string
  /** How long an id is remembered, in ms of the records' time in Kafka. */
  rememberMs: number
}

/** A timestamp in 6 bytes: from the year -2490 to 6429. A record without a time has -1. */
const timestampCodec: StoreCodec<number> = {
  encode(timestamp) {
    const bytes = Buffer.allocUnsafe(6)
    bytes.writeIntBE(timestamp, 0, 6)
    return bytes
  },
  decode: (bytes) => bytes.readIntBE(0, 6),
}

/**
 * Tells the first row with an id from its repetitions.
 *
 *     ids           --a--b--a--c--
 *     first         --a--b-----c--
 *     duplicate     --------a-----
 * @throws RangeError unless `rememberMs` is in whole ms above 0
 */
export function deduplicate<V>({
  id,
  rememberMs,
  name: own,
}: DeduplicateOptions<V>): <By extends string>(
  rows: Observable<Row<V, By>>,
) => Observable<OutputRow<'first' | 'duplicate', V, By>> {
  requireLength(rememberMs, 'above 0', `deduplicate() that remembers for ${rememberMs} ms would forget`)
  return <By extends string>(rows: Observable<Row<V, By>>) => {
    const task = buildingTask('deduplicate')
    const name = task.uniqueName('deduplicate', own)
    const seen = task.store(name, timestampCodec, { retentionMs: rememberMs, timeOf: (at) => at })
    const node = graphNode('deduplicate', name, [nodeOf('deduplicate', rows)], { stores: [name] })

    return operate<Row<V, By>, OutputRow<'first' | 'duplicate', V, By>>(node, rows, (row, emit) => {
      const key = id(row.value)
      const { timestamp } = row.origin
      const horizon = timestamp - rememberMs
      seen.forgetBefore(horizon)
      const known = seen.get(key)
      if (known !== undefined && known >= horizon) {
        emit({ ...row, output: 'duplicate' })
        return
      }
      seen.put(key, timestamp)
      emit({ ...row, output: 'first' })
    })
  }
}
