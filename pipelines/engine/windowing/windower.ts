import type { RawRecord } from '../raw-record.ts'
import type { Row } from '../row.ts'
import type { Window } from '../windows.ts'
import type { WindowState } from './window-states.ts'

/** Which rows belong to which windows of one kind, and when these close. */
export interface Windower<V> {
  /** Folds a row into its windows. @returns for each window that refused it the stream time at which that closed. */
  take(row: Row<V>, streamTime: number): readonly number[]
  /** Emits the windows that are closed by `streamTime`, in the order of their ends, and forgets them. */
  close(streamTime: number, origin: RawRecord): void
}

/** Where the windows of one operator go. */
export interface WindowOutputs<V, State> {
  /** Told each update; undefined where nobody asks for them. */
  readonly open: ((row: Row<V>, window: Window, state: WindowState<State>) => void) | undefined
  /** Told each final state; undefined where nobody asks for them. */
  readonly closed:
    ((key: string, window: Window, state: WindowState<State>, origin: RawRecord) => void) | undefined
}
