/** Of the gateways of this kit that have a server API. */
export const apiKey = 'k'.repeat(32)

export interface ApiAnswer {
  status: number
  result?: Record<string, unknown>
  error?: { code: number; message: string }
}

/** Calls a method of the server API; a text, or bytes, are sent as they are. */
export async function callApi(
  port: number,
  method: string,
  asked: unknown = {},
  headers: Record<string, string> = { 'x-api-key': apiKey },
): Promise<ApiAnswer> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/${method}`, {
    method: 'POST',
    headers,
    body: typeof asked === 'string' || isBytes(asked) ? asked : JSON.stringify(asked),
  })
  return { status: answer.status, ...((await answer.json()) as Omit<ApiAnswer, 'status'>) }
}

const isBytes = (value: unknown): value is Uint8Array<ArrayBuffer> => value instanceof Uint8Array
