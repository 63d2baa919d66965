import type { PushPayload } from '../../../schemas/push-payload.ts'
import { fieldsOf } from './shape.ts'

/** What a push is to show; undefined where it says nothing that could be shown. */
export function pushedIn(text: string | undefined): PushPayload | undefined {
  let said: unknown
  try {
    said = JSON.parse(text ?? '')
  } catch {
    return undefined
  }
  const { id, title, body, lang, url } = fieldsOf(said)
  if (!isText(id) || !isText(title)) return undefined
  if (typeof body !== 'string' || typeof lang !== 'string' || typeof url !== 'string') return undefined
  return { id, title, body, lang, url }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
