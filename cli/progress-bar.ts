import progress from 'cli-progress'

/** A bar on the standard error, where that is a terminal. */
export const progressBar = (format: string, options: progress.Options = {}): progress.SingleBar =>
  // It would take the first Ctrl-C for itself, and let the work go on.
  new progress.SingleBar({ ...options, format, gracefulExit: false })
