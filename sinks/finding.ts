/**
 * What a look at a service has found: `ok`; `warn`, it works and something of it will surprise; `bad`, it does not do what it promises;
 * `unknown`, it does not tell.
 */
export type Finding = Verdict & {
  /** What was looked at, in a word or two. */
  name: string
}

/** What is found and, unless it is `ok`, what to do about it. */
export type Verdict = {
  /** What there is, with its figures. */
  found: string
} & ({ state: 'ok' } | { state: 'warn' | 'bad' | 'unknown'; remedy: string })

/** One question to what has been seen of a service. */
export type Check<Seen> = (seen: Seen) => Finding

/** A check by the name that its findings have. */
export const check =
  <Seen>(name: string, judge: (seen: Seen) => Verdict): Check<Seen> =>
  (seen) => ({ name, ...judge(seen) })

export const ok = (found: string): Verdict => ({ state: 'ok', found })
export const warn = (found: string, remedy: string): Verdict => ({ state: 'warn', found, remedy })
export const bad = (found: string, remedy: string): Verdict => ({ state: 'bad', found, remedy })
export const unknown = (found: string, remedy: string): Verdict => ({ state: 'unknown', found, remedy })
