const WIDTH = 120
const HEIGHT = 32
/** Room for the stroke at both edges. */
const INSET = 2

/** A small line of the last values, newest at the right, from zero to the highest; 0 at the bottom. */
export function sparklinePath(values: number[], places: number): string {
  const highest = Math.max(...values, 1)
  const step = WIDTH / (places - 1)
  return values
    .map((value, index) => {
      const x = WIDTH - (values.length - 1 - index) * step
      const y = HEIGHT - INSET - (value / highest) * (HEIGHT - 2 * INSET)
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`
    })
    .join('')
}

/** Draws into a `<path>`; each call adds one value. */
export function sparkline(path: SVGPathElement, places = 60): (value: number) => void {
  const values: number[] = []
  return function add(value) {
    values.push(value)
    if (values.length > places) values.shift()
    path.setAttribute('d', sparklinePath(values, places))
  }
}
