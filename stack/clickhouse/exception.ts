/** A refusal as ClickHouse words it: `Code: N. DB::Exception: message (NAME)`. */
export class ClickHouseException extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.name = 'ClickHouseException'
    this.code = code
  }

  /** One of our own, in the words of ClickHouse. */
  static of(code: number, name: string, message: string): ClickHouseException {
    return new ClickHouseException(code, `Code: ${code}. DB::Exception: ${message} (${name})`)
  }

  /** What the engine has thrown. */
  static from(error: unknown): ClickHouseException {
    if (error instanceof ClickHouseException) return error
    const message = error instanceof Error ? error.message : String(error)
    const code = Number(/^Code: (\d+)\b/.exec(message)?.[1] ?? unknownException)
    return new ClickHouseException(code, unwrapped(message))
  }
}

const unknownException = 1002

// The raw insert repeats the frame: Code: 27. DB::Exception: Code: 27. DB::Exception: … (X) (version …). (X)
function unwrapped(message: string): string {
  const inner = /^Code: (\d+)\. DB::Exception: (Code: \1\. DB::Exception: [^]*?) \(version [^)]*\)\. \(\w+\)$/
  return inner.exec(message)?.[2] ?? message
}

const statusByCode: Record<number, number> = {
  // syntax, types, unknown settings, parameters and identifiers
  ...asStatus(400, [6, 26, 27, 36, 38, 41, 42, 43, 47, 53, 62, 72, 115, 117, 130, 354, 456, 457]),
  ...asStatus(403, [164, 497]),
  // unknown function, table, database
  ...asStatus(404, [46, 60, 81]),
  ...asStatus(408, [159]),
  ...asStatus(413, [131]),
  ...asStatus(501, [48]),
}

function asStatus(status: number, codes: number[]): Record<number, number> {
  return Object.fromEntries(codes.map((code) => [code, status]))
}

/** The HTTP status that goes with an exception's code. */
export function httpStatus(code: number): number {
  return statusByCode[code] ?? 500
}
