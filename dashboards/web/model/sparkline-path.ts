export const SPARKLINE = { width: 120, height: 32 }

/** Room for the stroke at both edges. */
const INSET = 2

/**
 * SVG path of the last values, from the left edge on, the right one reached once all `places` are taken; zero is at the
 * bottom, the highest of them at the top.
 */
export function sparklinePath(values: number[], places: number): string {
  const highest = Math.max(...values, 1)
  const step = SPARKLINE.width / (places - 1)
  return values
    .map((value, index) => {
      const x = index * step
      const y = SPARKLINE.height - INSET - (value / highest) * (SPARKLINE.height - 2 * INSET)
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`
    })
    .join('')
}

/** SVG path of what lies between such a line and the bottom edge. */
export function areaUnder(line: string): string {
  return line === '' ? '' : `${line}V${SPARKLINE.height}H0Z`
}
