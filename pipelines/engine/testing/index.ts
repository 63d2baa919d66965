/** What a topology is tested with, without a broker. */
export {
  type DriveOptions,
  type SendOptions,
  type TopologyDriver,
  type WrittenRow,
  drive,
  driverDeadLetterKey,
} from './drive.ts'
export type { CountedOutcome } from './outcome-counts.ts'
