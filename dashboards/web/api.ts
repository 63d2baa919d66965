/** What the server answered, and when its store was asked (ms since 1970, by this device's clock). */
export interface Answered<Answer> {
  answer: Answer
  askedAt: number
}

/** Asks this page's own server. @throws Error with the server's message and remedy, or that it did not answer, or not whole. */
export async function getAnswer<Answer>(
  path: string,
  headers: Record<string, string> = {},
): Promise<Answered<Answer>> {
  const response = await fetch(path, { headers, signal: AbortSignal.timeout(8_000) }).catch(
    (cause: unknown) => {
      throw new Error('The server of this page does not answer; asking again by itself.', { cause })
    },
  )
  if (!response.ok) throw new RefusedError(response.status, await refusalIn(response))
  const age = Number(response.headers.get('age') ?? 0)
  const answer = await (response.json() as Promise<Answer>).catch((cause: unknown) => {
    throw new Error('What the server of this page answers breaks off, or is none; asking again by itself.', {
      cause,
    })
  })
  return { answer, askedAt: Date.now() - age * 1000 }
}

export async function getJson<Answer>(path: string): Promise<Answer> {
  const { answer } = await getAnswer<Answer>(path)
  return answer
}

/** What is between the page and its server may answer in its own words. */
async function refusalIn(response: Response): Promise<string> {
  try {
    const { message, remedy } = (await response.json()) as { message: string; remedy: string }
    return `${message}: ${remedy}`
  } catch {
    return `The server of this page answers with status ${response.status}.`
  }
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
