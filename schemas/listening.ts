/** A play that is shorter, ms, says nothing of what its listener likes. */
export const LEAST_LISTENING_MS = 30_000
