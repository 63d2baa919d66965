import { type OutgoingRecord, OutgoingRecords } from '../../pipelines/engine/outgoing-records.ts'
import type { StoreChange } from '../../pipelines/engine/pages.ts'

/** Records as a task wants them written: those of each topic together. */
export function outgoingOf(records: readonly OutgoingRecord[]): OutgoingRecords[] {
  return [...Map.groupBy(records, ({ topic }) => topic)].map(([topic, its]) => {
    const outgoing = new OutgoingRecords(topic)
    for (const { key, value, partition, headers } of its) {
      if (value === null) outgoing.addNull(key, partition, headers)
      else {
        outgoing.values.bytes(value)
        outgoing.add(key, partition, headers)
      }
    }
    return outgoing
  })
}

/** All of them, topic by topic. */
export const recordsIn = (outgoing: readonly OutgoingRecords[]): OutgoingRecord[] =>
  outgoing.flatMap((records) => [...records])

/** What a changelog is told. */
export function changesTold(tell: (changes: OutgoingRecords) => void): StoreChange[] {
  const changes = new OutgoingRecords('changelog', 0)
  tell(changes)
  return Array.from(changes, ({ key, value }) => ({ key, value }))
}

/** What a store has to tell its changelog. */
export const changesTaken = (store: { takeChanges(changes: OutgoingRecords): void }) =>
  changesTold((changes) => {
    store.takeChanges(changes)
  })
