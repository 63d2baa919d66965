/** An option with which the gateway cannot start. The message says what is wrong with it and what to do. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly option: 'allowedOrigins' | 'apiKeys' | 'port' | 'tls' | 'tlsCert' | 'tlsKey' | 'token'

  constructor(option: GatewayError['option'], message: string) {
    super(message)
    this.option = option
  }
}

/** What an error says. One of Redis carries its command, too, and that may name a listener: only this is for the log. */
export function messageOf(error: unknown): string {
  // The engine quotes from what it cannot read.
  if (error instanceof SyntaxError) return 'what was read is no JSON'
  if (!(error instanceof Error)) return String(error)
  // Of a cluster none of whose nodes would answer: what the last one said.
  const { lastNodeError } = error as { lastNodeError?: unknown }
  return lastNodeError instanceof Error ? `${error.message} ${lastNodeError.message}` : error.message
}
