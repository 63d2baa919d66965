/** For `JSON.stringify`: bytes as base64; a whole number that JSON's readers would round, as text; maps and sets by what they hold. */
export function asJson(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const held = this[name]
  if (ArrayBuffer.isView(held))
    return Buffer.from(held.buffer, held.byteOffset, held.byteLength).toString('base64')
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value instanceof Map) return Object.fromEntries(value)
  return value instanceof Set ? [...value] : value
}

/** In ISO 8601. Kafka's -1 is no time, and what somebody made up may be beyond any date. */
export function isoTime(ms: number): string | null {
  const date = new Date(ms)
  return ms < 0 || Number.isNaN(date.getTime()) ? null : date.toISOString()
}
