import type { Window } from '../../../../pipelines/engine/windows.ts'
import type { Sending } from './folding.ts'

/** A window as an oracle has it: its rows themselves. */
export interface OracleWindow extends Window {
  key: string
  rows: readonly Sending[]
}

/** What happens to a row in its windows, made anew from lists each time. */
export interface Oracle {
  /**
   * What it updates, in order, and when those had closed that refuse it. `streamTime` is what the row carries; `watermark` is what
   * state is forgotten by, and less than that behind a repartition.
   */
  take(row: Sending, streamTime: number, watermark?: number): { updated: OracleWindow[]; refused: number[] }
  /** What closes now and not before, in any order. */
  close(streamTime: number): OracleWindow[]
}

export const latest = (rows: readonly Sending[]) => Math.max(...rows.map(({ time }) => time))
