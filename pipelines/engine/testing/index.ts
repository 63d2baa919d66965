/** What a topology is tested with, without a broker. */
export { type DriveOptions, type TopologyDriver, drive, driverDeadLetterKey } from './drive.ts'
export type { CountedOutcome } from './outcome-counts.ts'
export type { SendOptions, Sendings, WrittenRow } from './sendings.ts'
