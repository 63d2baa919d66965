const LONGEST_TEXT = 512

/** Whether an id or a name that a stranger gives is one: neither empty nor endless. */
export const isText = (text: string): boolean => text.length > 0 && text.length <= LONGEST_TEXT
