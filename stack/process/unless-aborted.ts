/** Waits for `work`, or rejects with the signal's reason when that comes first. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  let stopListening = () => {}
  const aborted = new Promise<never>((_, reject) => {
    const end = () => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) end()
    signal.addEventListener('abort', end)
    stopListening = () => {
      signal.removeEventListener('abort', end)
    }
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    stopListening()
  }
}
