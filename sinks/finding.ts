/**
 * What a look at a service has found: `ok`; `warn`, it works and something of it will surprise; `bad`, it does not do what it promises;
 * `unknown`, it does not tell.
 */
export type Finding = Found & ({ state: 'ok' } | { state: 'warn' | 'bad' | 'unknown'; remedy: string })

interface Found {
  /** What was looked at, in a word or two. */
  name: string
  /** What there is, with its figures. */
  found: string
}

/** One question to what has been seen of a service. */
export type Check<Seen> = (seen: Seen) => Finding
