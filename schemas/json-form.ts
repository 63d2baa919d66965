import { Ajv, type Schema, type ValidateFunction } from 'ajv'

const ajv = new Ajv({ allowUnionTypes: true })

/** What JSON is to look like, as a JSON Schema. It is compiled when it is first asked: of those that a process loads it asks few. */
export class JsonForm<T> {
  readonly #schema: Schema
  #check: ValidateFunction<T> | undefined

  constructor(schema: Schema) {
    this.#schema = schema
  }

  fits(value: unknown): value is T {
    this.#check ??= ajv.compile<T>(this.#schema)
    return this.#check(value)
  }

  /** What of the value that was asked last is not so: where, as a JSON pointer (`whole` if it is all of it), and how. */
  complaint(whole: string): string {
    const [{ instancePath, message } = {}] = this.#check?.errors ?? []
    return `${instancePath || whole} ${message}`
  }
}
