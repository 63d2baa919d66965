/** What a browser's worker gets of a push, as JSON: everything that it shows, since it knows nothing itself. */
export interface PushPayload {
  /** Of the notification; a second push with the same one takes the place of the first. */
  id: string
  title: string
  body: string
  /** BCP 47: of title and body. */
  lang: string
  /** What a click opens on the page's own server: its address, with `openedParameter`. */
  url: string
}

/** The parameter of the page's address that names the notification that has opened it. */
export const openedParameter = 'notification'
