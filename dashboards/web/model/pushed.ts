import type { PushPayload } from '../../../schemas/push-payload.ts'
import { fieldsOf } from './shape.ts'

/** What a push says; undefined for what this page does not know. */
export function pushedIn(text: string | undefined): PushPayload | undefined {
  let said: unknown
  try {
    said = JSON.parse(text ?? '')
  } catch {
    return undefined
  }
  const { id, title, body, lang, url } = fieldsOf(said)
  const all = [id, title, body, lang, url]
  if (!all.every((each) => typeof each === 'string') || !isPath(url as string)) return undefined
  return { id, title, body, lang, url } as PushPayload
}

/** Of this page, not of another server. */
const isPath = (url: string) => /^\/(?![/\\])/.test(url)
