import { fieldsOf } from './shape.ts'

/** What the push stage says to a browser. */
export interface Pushed {
  /** Of the notification. */
  id: string
  title: string
  body: string
  /** BCP 47. */
  lang: string
  /** Where a click leads: a path of this page. */
  url: string
}

/** What a push says; undefined for what this page does not know. */
export function pushedIn(text: string | undefined): Pushed | undefined {
  let said: unknown
  try {
    said = JSON.parse(text ?? '')
  } catch {
    return undefined
  }
  const { id, title, body, lang, url } = fieldsOf(said)
  const all = [id, title, body, lang, url]
  if (!all.every((each) => typeof each === 'string') || !isPath(url as string)) return undefined
  return { id, title, body, lang, url } as Pushed
}

/** Of this page, not of another server. */
const isPath = (url: string) => /^\/(?![/\\])/.test(url)
