/** JSON Schema of an object of named fields, and no others. */
export interface ObjectSchema {
  type: 'object'
  properties: Record<string, object>
  required: string[]
  additionalProperties: false
}

/** An object that has all of these fields. */
export const object = (properties: Record<string, object>): ObjectSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})

/** A query string, of which everything has a default but what is `required`. */
export const querystring = (properties: Record<string, object>, required: string[] = []): ObjectSchema => ({
  ...object(properties),
  required,
})

export const listOf = (properties: Record<string, object>) => ({ type: 'array', items: object(properties) })

const integer = (description: string) => ({ type: 'integer', minimum: 0, description })

export const text = (description: string) => ({ type: 'string', description })
export const count = integer
/** Before 1970 it is less than zero. */
export const time = (description: string) => ({
  type: 'integer',
  description: `${description}, ms since 1970`,
})
export const oneOf = (values: readonly string[], description: string) => ({
  type: 'string',
  enum: values,
  description,
})
export const share = (description: string) => ({ type: 'number', minimum: 0, maximum: 1, description })
export const orNull = (schema: { type: string; description: string }, why: string) => ({
  ...schema,
  type: [schema.type, 'null'],
  description: `${schema.description}; null ${why}`,
})

/** Fields of every public answer. */
export const published = {
  from: time('first moment asked about'),
  to: time('first moment behind it'),
  k: integer('what is of fewer listeners is left out; figures are in steps of it'),
}

/** Fields of a row that counts plays. */
export const figures = {
  plays: integer('how many plays'),
  msPlayed: integer('how long, in ms'),
}

export const upTo100 = integer(
  'of how many different listeners, counted to 101, in steps of k: the last step stands for any more',
)
export const start = time('where it begins, in UTC')

export const dayRows = listOf({
  start,
  ...figures,
  listeners: integer('of how many different listeners, in steps of k, within two percent'),
})
export const hourRows = listOf({ start, ...figures, listeners: upTo100 })

/** The parameter of what is told of one artist. */
export const whosePlays = { type: 'string', minLength: 1, maxLength: 200, description: 'whose plays' }
