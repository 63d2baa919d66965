const SOURCE = /^(app|simulator|import:[0-9a-zA-Z-]{1,64})$/

/** Where a record says that it came from, if that is one of the ways in; it may say anything, a name or an address. */
export const knownSource = (source: string): string => (SOURCE.test(source) ? source : 'other')
