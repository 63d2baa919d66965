import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const css = readFileSync(new URL('../../../dashboards/web/styles/tokens.css', import.meta.url), 'utf8')
const [light, dark] = css
  .split(":root[data-theme='dark']")
  .map(
    (theme) =>
      new Map([...theme.matchAll(/--([a-z]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name!, hex!])),
  ) as [Map<string, string>, Map<string, string>]

/** Text and the grounds it stands on. */
const pairs = [
  ['ink', ['paper', 'raised', 'share', 'bar']],
  ['muted', ['paper', 'raised', 'share']],
  ['accent', ['paper']],
  ['good', ['paper', 'raised']],
  ['bad', ['paper']],
] as const

for (const [theme, colours] of Object.entries({ light, dark }))
  for (const [text, grounds] of pairs)
    for (const ground of grounds)
      test(`${text} on ${ground} can be read in the ${theme} theme (WCAG AA)`, () => {
        const ratio = contrast(colours.get(text)!, colours.get(ground)!)
        assert.ok(ratio >= 4.5, `${ratio.toFixed(2)} : 1`)
      })

for (const [theme, colours] of Object.entries({ light, dark }))
  for (const shape of ['bar', 'accent'])
    test(`a shape in ${shape} stands out from the paper of the ${theme} theme (WCAG AA)`, () => {
      const ratio = contrast(colours.get(shape)!, colours.get('paper')!)
      assert.ok(ratio >= 3, `${ratio.toFixed(2)} : 1`)
    })

test('both themes name the same colours', () => {
  assert.deepEqual([...dark.keys()], [...light.keys()])
})

/** As WCAG 2 defines it: 1 to 21. */
function contrast(a: string, b: string): number {
  const [darker, lighter] = [luminance(a), luminance(b)].toSorted((x, y) => x - y) as [number, number]
  return (lighter + 0.05) / (darker + 0.05)
}

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
