/** Asks this page's own server. @throws Error with the server's message and remedy, or that it did not answer. */
export async function getJson<Answer>(path: string): Promise<Answer> {
  const response = await fetch(path, { signal: AbortSignal.timeout(8_000) })
  if (response.ok) return (await response.json()) as Answer
  const { message, remedy } = (await response.json()) as { message: string; remedy: string }
  throw new RefusedError(response.status, `${message}: ${remedy}`)
}

/** The server answered, and said no. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
