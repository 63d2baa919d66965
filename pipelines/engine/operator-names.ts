import { TopologyError } from './errors.ts'

/** A name begins unlike a place, so that the two never meet. Kafka allows the rest in a topic. */
const NAME = /^[a-z][a-zA-Z0-9._-]*$/

/** @throws TopologyError unless `name` can be part of a topic's name; `what` it is for begins the message. */
export function requireName(what: string, name: string): void {
  if (NAME.test(name)) return
  throw new TopologyError(
    `${what} cannot be called ${JSON.stringify(name)}: begin with a small letter, and go on with letters, digits, ".", "_" or "-"`,
  )
}

/** Names operators of one topology, so that each finds its state again: by what they are called, or by their place among their kind. */
export class OperatorNames {
  readonly #topology: string
  readonly #places = new Map<string, number>()
  readonly #taken = new Set<string>()

  constructor(topology: string) {
    this.#topology = topology
  }

  /** `<kind>-<name>`, or `<kind>-1`, `<kind>-2` … @throws TopologyError for a name that is none, or taken. */
  next(kind: string, name?: string): string {
    if (name !== undefined) return this.#called(kind, name)
    const place = (this.#places.get(kind) ?? 0) + 1
    this.#places.set(kind, place)
    return `${kind}-${place}`
  }

  #called(kind: string, name: string): string {
    const full = `${kind}-${name}`
    requireName(`${this.#topology}: a ${kind}`, name)
    if (this.#taken.has(full))
      throw new TopologyError(
        `${this.#topology}: a ${kind} cannot be called "${name}", for another one is: name them apart`,
      )
    this.#taken.add(full)
    return full
  }
}
