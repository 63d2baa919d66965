import { type TopicPartition, partitionKey } from '../raw-record.ts'
import type { OffsetToCommit } from './offsets.ts'
import type { TaskStatus } from './task-status.ts'

/** What has been done of one partition index, over all topics. */
interface Entry {
  since: number
  restoring: boolean
  /** Where it stands, by {@link partitionKey}. */
  offsets: Map<string, bigint>
  rows: number
  committedAt: number | undefined
}

/** What a member of a group knows of its partitions, told as if each index were a task: rows are offsets that it has committed. Times are ms since 1970. */
export class CommitBoard {
  readonly #entries = new Map<number, Entry>()

  /** These are being taken over. */
  takesOver(gained: readonly TopicPartition[], now: number): void {
    for (const { partition } of gained) {
      const entry = this.#entries.get(partition)
      if (entry !== undefined) entry.restoring = true
      else
        this.#entries.set(partition, {
          since: now,
          restoring: true,
          offsets: new Map(),
          rows: 0,
          committedAt: undefined,
        })
    }
  }

  /** They are read, where that is known from these offsets on. */
  runs(gained: readonly TopicPartition[], from: ReadonlyMap<string, bigint>): void {
    for (const each of gained) {
      const entry = this.#entries.get(each.partition)
      if (entry === undefined) continue
      entry.restoring = false
      const offset = from.get(partitionKey(each))
      if (offset !== undefined) entry.offsets.set(partitionKey(each), offset)
    }
  }

  loses(lost: readonly TopicPartition[]): void {
    for (const { partition } of lost) this.#entries.delete(partition)
  }

  commits(offsets: readonly OffsetToCommit[], now: number): void {
    for (const each of offsets) {
      const entry = this.#entries.get(each.partition)
      if (entry === undefined) continue
      const before = entry.offsets.get(partitionKey(each)) ?? each.offset
      entry.rows += Math.max(0, Number(each.offset - before))
      entry.offsets.set(partitionKey(each), each.offset)
      entry.committedAt = now
    }
  }

  tasks(): TaskStatus[] {
    return [...this.#entries]
      .map(([partition, { restoring, since, rows, offsets, committedAt }]): TaskStatus => ({
        partition,
        phase: restoring ? 'restoring' : 'running',
        since,
        rows,
        waitsFor: [],
        openWindows: 0,
        ...(committedAt !== undefined && { committedAt, position: sumOf(offsets.values()) }),
      }))
      .sort((one, other) => one.partition - other.partition)
  }
}

/** Offsets of several inputs in one number, of which differences count. */
export const sumOf = (offsets: Iterable<bigint>): number => {
  let sum = 0n
  for (const offset of offsets) sum += offset
  return Number(sum)
}
