import { areaUnder, sparklinePath } from '../model/sparkline-path.ts'

/** Draws a line and the area under it; each call adds one value and forgets what is older than `places` calls. */
export function sparkline(line: SVGPathElement, area: SVGPathElement, places = 60): (value: number) => void {
  const values: number[] = []
  return function add(value) {
    values.push(value)
    if (values.length > places) values.shift()
    const path = sparklinePath(values, places)
    line.setAttribute('d', path)
    area.setAttribute('d', areaUnder(path))
  }
}
