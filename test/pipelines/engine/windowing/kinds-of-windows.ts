import fc from 'fast-check'
import { hopping, session, sliding, tumbling } from '../../../../pipelines/engine/index.ts'
import type { Windows } from '../../../../pipelines/engine/windows.ts'

/** Windows of each kind, of lengths and graces up to these, ms. */
export function kindsOfWindows(
  mostLength: number,
  mostGrace: number,
): Record<Windows['kind'], fc.Arbitrary<Windows>> {
  const length = (min: number) => fc.integer({ min, max: mostLength })
  const grace = (min: number) => fc.integer({ min, max: mostGrace })
  return {
    tumbling: fc.tuple(length(1), grace(0)).map(([size, ms]) => tumbling(size, { grace: ms })),
    hopping: fc
      .tuple(length(1), length(1), grace(0))
      .map(([a, b, ms]) => hopping(Math.max(a, b), { advance: Math.min(a, b), grace: ms })),
    sliding: fc.tuple(length(0), grace(1)).map(([difference, ms]) => sliding(difference, { grace: ms })),
    session: fc.tuple(length(1), grace(0)).map(([gap, ms]) => session(gap, { grace: ms })),
  }
}
