import { readFileSync } from 'node:fs'
import { JsonForm } from '../../../schemas/json-form.ts'
import { ModelError } from '../errors.ts'

/** Who is recommended to nobody, or to nobody in a country. */
export interface Rules {
  /** Ids of artists. */
  blocked: readonly string[]
  /** The same by country (ISO 3166-1 alpha-2). */
  blockedIn: Readonly<Record<string, readonly string[]>>
}

export const noRules: Rules = { blocked: [], blockedIn: {} }

const ids = { type: 'array', items: { type: 'string', minLength: 1 } }

const form = new JsonForm<Partial<Rules>>({
  type: 'object',
  properties: {
    blocked: ids,
    blockedIn: { type: 'object', propertyNames: { pattern: '^[A-Z]{2}$' }, additionalProperties: ids },
  },
  additionalProperties: false,
})

/** Reads `{"blocked": […], "blockedIn": {"DE": […]}}`. @throws ModelError naming the file, and what in it is not as it should be */
export function readRules(file: string): Rules {
  let rules: unknown
  try {
    rules = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new ModelError(`the rules of ${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
  if (!form.fits(rules)) throw new ModelError(`the rules of ${file}: ${form.complaint('they')}`)
  return { ...noRules, ...rules }
}
