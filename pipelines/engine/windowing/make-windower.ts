import type { Windows } from '../windows.ts'
import { AlignedWindower } from './aligned-windower.ts'
import type { Fold } from './fold.ts'
import { SessionWindower } from './session-windower.ts'
import type { Merging } from './slices.ts'
import { SlidingWindower } from './sliding-windower.ts'
import type { WindowStore } from './window-store.ts'
import type { WindowOutputs, Windower } from './windower.ts'

type MergingFold<V, State> = Fold<V, State, unknown> & Merging<State>

/** The windower of a kind of windows, with what has been restored. @throws TypeError for a fold that does not fit. */
export function makeWindower<V, State>(
  windows: Windows,
  fold: Fold<V, State, unknown>,
  store: WindowStore<State>,
  outputs: WindowOutputs<V, State>,
): Windower<V> {
  switch (windows.kind) {
    case 'tumbling':
    case 'hopping':
      return new AlignedWindower(windows, fold, store, outputs)
    case 'sliding':
      return new SlidingWindower(windows, fold, store, outputs)
    case 'session':
      return new SessionWindower(windows, requireMerge(windows, fold), store, outputs)
  }
}

/** Types say the same; they are not checked where a test or a role just runs. */
export function requireMerge<V, State>(
  windows: Windows,
  fold: Fold<V, State, unknown>,
): MergingFold<V, State> {
  const needed = windows.kind === 'hopping' || windows.kind === 'session'
  if (fold.merge !== undefined || !needed) return fold as MergingFold<V, State>
  const why =
    windows.kind === 'hopping' ? 'a window is made of slices' : 'a row between two sessions makes them one'
  throw new TypeError(`${windows.kind} windows need a fold with merge(a, b), for ${why}: add it to the fold`)
}

/** How much older than stream time may be what closes, ms: the smallest timestamp that may still come out. */
export function holdBackOf(windows: Windows): number {
  switch (windows.kind) {
    case 'tumbling':
    case 'hopping':
      return windows.sizeMs + windows.graceMs
    case 'sliding':
      return windows.differenceMs + windows.graceMs
    case 'session':
      return windows.gapMs + windows.graceMs
  }
}
