import { readFileSync } from 'node:fs'
import avro from 'avsc'
import type { Fix } from '../../cli/dlq/fix.ts'

/** `continuo dlq replay --fix mend.ts`: makes plays of what can still be one, and leaves the rest. */
const mend: Fix = ({ key, value, headers }, { reason }) => {
  if (value === null || value.length < SHORTEST) return null
  const mended = mends[reason]?.(value)
  return mended === undefined ? null : { key, value: mended, headers }
}
export default mend

const SHORTEST = 20
const HEADER_BYTES = 5
const FIRST_STREAM = Date.UTC(2000, 0, 1)

interface FirstFields {
  eventId: string
  playedAt: number
}

const firstPlay = new URL('../../schemas/events/play.v1.avsc', import.meta.url)
/** What every later version begins with. */
const firstFields = avro.Type.forSchema(JSON.parse(readFileSync(firstPlay, 'utf8')) as avro.Schema)

/** By the reason of their letters. */
const mends: Readonly<Record<string, (value: Buffer) => Buffer | undefined>> = {
  // What they lack `--schema` has given them.
  not_wire_format: (value) => value,
  unknown_schema_id: (value) => value,
  incompatible_schema: (value) => value,
  invalid_event_id: (value) =>
    changed(value, ({ eventId }) => {
      const id = /^\{(.+)\}$/.exec(eventId)?.[1]
      return id === undefined ? undefined : { eventId: id }
    }),
  played_at_before_streaming: (value) =>
    changed(value, ({ playedAt: seconds }) => {
      const playedAt = seconds * 1_000
      return playedAt < FIRST_STREAM ? undefined : { playedAt }
    }),
}

function changed(
  value: Buffer,
  change: (play: FirstFields) => Partial<FirstFields> | undefined,
): Buffer | undefined {
  const { value: play, offset } = firstFields.decode(value, HEADER_BYTES) as {
    value: FirstFields
    offset: number
  }
  const fields = change(play)
  return (
    fields &&
    Buffer.concat([
      value.subarray(0, HEADER_BYTES),
      firstFields.toBuffer({ ...play, ...fields }),
      value.subarray(offset),
    ])
  )
}
