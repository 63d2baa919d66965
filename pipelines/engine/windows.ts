/** Lengths of time, in ms. */
export const seconds = (n: number) => n * 1_000
export const minutes = (n: number) => n * 60_000
export const hours = (n: number) => n * 3_600_000

/**
 * A window of event time, ms since 1970. `end` is exclusive for tumbling and hopping windows, which lie beside one another, and
 * inclusive for sliding windows and sessions, which end with a row.
 */
export interface Window {
  readonly start: number
  readonly end: number
}

export interface GraceOption {
  /** How long after its end, in stream time, a window still takes rows, ms. */
  grace: number
}

/** Windows that are where they are, whatever rows come. */
interface AlignedWindows {
  readonly sizeMs: number
  /** From the start of one to the start of the next. */
  readonly advanceMs: number
  readonly graceMs: number
  /** Starts of the windows that a timestamp belongs to, in order: arithmetic, no state. */
  startsFor(timestamp: number): number[]
}

export interface TumblingWindows extends AlignedWindows {
  readonly kind: 'tumbling'
}

export interface HoppingWindows extends AlignedWindows {
  readonly kind: 'hopping'
}

export interface SlidingWindows {
  readonly kind: 'sliding'
  readonly differenceMs: number
  readonly graceMs: number
}

export interface SessionWindows {
  readonly kind: 'session'
  readonly gapMs: number
  readonly graceMs: number
}

/** How time is cut into windows. */
export type Windows = TumblingWindows | HoppingWindows | SlidingWindows | SessionWindows

/**
 * Windows of one length, side by side, aligned to 1970.
 *
 *     |--- 0 ---|--- 1 ---|--- 2 ---|     startsFor(t) = [t - t mod size]
 *
 * A window closes when stream time reaches its end and the grace.
 * @throws RangeError unless both are whole ms, the size above 0, and the grace 0 or more.
 */
export function tumbling(sizeMs: number, { grace }: GraceOption): TumblingWindows {
  requireSize(sizeMs)
  requireGrace(grace)
  return { kind: 'tumbling', ...aligned(sizeMs, sizeMs, grace) }
}

/**
 * Windows of one length that begin every `advance`, aligned to 1970: each row is in `size / advance` of them. They are folded
 * by slices (Li et al., "No pane, no gain", SIGMOD Record 2005): a row is added to one slice, and a window merges its own. So the fold has to have `merge`.
 *
 *     |------- 0 -------|                  size 3, advance 1: slices of 1
 *           |------- 1 -------|
 *                 |------- 2 -------|
 *     |--a--|--b--|--c--|--d--|            0 = a+b+c, 1 = b+c+d
 *
 * Unlike Kafka Streams' these begin before 1970 as well: there a row of the first `size` after 1970 is in fewer windows.
 * @throws RangeError as {@link tumbling}, for an advance above the size, and for more than 86,400 windows a row.
 */
export function hopping(
  sizeMs: number,
  { advance, grace }: GraceOption & { advance: number },
): HoppingWindows {
  requireSize(sizeMs)
  requireGrace(grace)
  requireLength(advance, 'above 0', `windows that advance by ${advance} ms never get on`)
  if (advance > sizeMs) {
    throw new RangeError(
      `windows of ${sizeMs} ms that advance by ${advance} ms leave gaps, of which rows would be in none: ` +
        'give an advance of the size or less',
    )
  }
  if (sizeMs / advance > MOST_WINDOWS) {
    throw new RangeError(
      `windows of ${sizeMs} ms that advance by ${advance} ms would have each row in more than ${MOST_WINDOWS}: ` +
        'give a larger advance, or a shorter size',
    )
  }
  return { kind: 'hopping', ...aligned(sizeMs, advance, grace) }
}

/**
 * Windows where rows are (KIP-450): for a row at `t` the one that ends with it, [t - difference, t], and the one that begins
 * behind it, [t + 1, t + 1 + difference], if there are rows in it. So two rows share a window if they are at most the difference apart.
 *
 *     rows        a     b              difference 7
 *     time    ----3-----9-----
 *              [--a]                   [-4, 3]
 *                [------b]             [2, 9] a and b
 *                   [---b--]           [4, 11] behind a
 *
 * A window closes when stream time reaches its end, which is inclusive, and the grace; so with a grace of 0 a row would
 * come too late for the window that ends with it.
 * @throws RangeError unless both are whole ms, the difference 0 or more, and the grace above 0.
 */
export function sliding(differenceMs: number, { grace }: GraceOption): SlidingWindows {
  requireLength(differenceMs, '0 or more', `rows are never ${differenceMs} ms apart`)
  requireGrace(grace)
  if (grace === 0)
    throw new RangeError(
      'a grace of 0 ms would refuse each row in the window that ends with it: give 1 or more',
    )
  return { kind: 'sliding', differenceMs, graceMs: grace }
}

/**
 * Windows from the first to the last of rows that follow one another by at most `gap`; a row in between joins two to one, so
 * the fold has to have `merge`, and only closed ones are emitted: a merge would have to take back what was said of both.
 *
 *     time    ----3--5-----------14---16--        gap 5
 *                [----]          [------]         [3, 5] and [14, 16]
 *     then          10                            at most 5 from both: [3, 16]
 *
 * A session closes when stream time reaches its end, which is inclusive, the gap and the grace. So with a grace of 0 a row
 * just the gap behind the last begins a session of its own.
 * @throws RangeError unless both are whole ms, the gap above 0, and the grace 0 or more.
 */
export function session(gapMs: number, { grace }: GraceOption): SessionWindows {
  requireLength(gapMs, 'above 0', `a gap of ${gapMs} ms would keep all rows apart`)
  requireGrace(grace)
  return { kind: 'session', gapMs, graceMs: grace }
}

/** Of a row: a day by the second. Each of them is looked at for each row. */
const MOST_WINDOWS = 86_400

/** For every option that is a length of time. @throws RangeError, beginning with `complaint`, unless it is in whole ms and in bounds. */
export function requireLength(ms: number, least: 'above 0' | '0 or more', complaint: string): void {
  if (Number.isSafeInteger(ms) && (least === 'above 0' ? ms > 0 : ms >= 0)) return
  throw new RangeError(`${complaint}: give whole ms, ${least}`)
}

const requireSize = (sizeMs: number) =>
  requireLength(sizeMs, 'above 0', `a window of ${sizeMs} ms would hold nothing`)

export const requireGrace = (graceMs: number) =>
  requireLength(graceMs, '0 or more', `a grace of ${graceMs} ms would refuse rows in time`)

function aligned(sizeMs: number, advanceMs: number, graceMs: number): AlignedWindows {
  return {
    sizeMs,
    advanceMs,
    graceMs,
    startsFor(timestamp) {
      const last = Math.floor(timestamp / advanceMs) * advanceMs
      const count = Math.floor((last + sizeMs - 1 - timestamp) / advanceMs) + 1
      return Array.from({ length: count }, (_, index) => last - (count - 1 - index) * advanceMs)
    },
  }
}
