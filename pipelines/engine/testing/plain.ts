/** A decoded value without the classes that avsc makes for records, in lists too, so that it can be compared with a literal. */
export function plain<V>(value: V): V {
  if (Array.isArray(value)) return value.map(plain) as V
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)])) as V
}
