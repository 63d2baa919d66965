/** Code units in the order of the code points that they begin: surrogates (from U+10000) behind all others. */
const inOrder = (unit: number) => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)

/** Compares texts by their UTF-8 bytes, which `<` does not do beyond U+FFFF. */
export function byUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x !== y) return inOrder(x) - inOrder(y)
  }
  return a.length - b.length
}
