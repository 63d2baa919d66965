/** Whether it is an address that push services may write to. */
export const isSubject = (text: string): boolean =>
  ['mailto:', 'https:'].includes(URL.parse(text)?.protocol ?? '')
