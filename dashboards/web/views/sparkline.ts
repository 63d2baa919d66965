import { sparklinePath } from '../model/sparkline-path.ts'

/** Draws into a `<path>`; each call adds one value and forgets what is older than `places` calls. */
export function sparkline(path: SVGPathElement, places = 60): (value: number) => void {
  const values: number[] = []
  return function add(value) {
    values.push(value)
    if (values.length > places) values.shift()
    path.setAttribute('d', sparklinePath(values, places))
  }
}
