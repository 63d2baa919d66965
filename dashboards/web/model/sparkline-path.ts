export const SPARKLINE = { width: 120, height: 32 }

/** Room for the stroke at both edges. */
const INSET = 2

/** SVG path of the last values, newest at the right edge, from zero at the bottom to the highest of them at the top. */
export function sparklinePath(values: number[], places: number): string {
  const highest = Math.max(...values, 1)
  const step = SPARKLINE.width / (places - 1)
  return values
    .map((value, index) => {
      const x = SPARKLINE.width - (values.length - 1 - index) * step
      const y = SPARKLINE.height - INSET - (value / highest) * (SPARKLINE.height - 2 * INSET)
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`
    })
    .join('')
}
