/**
 * The exact q-quantile by nearest rank: the smallest value that at least a share `q` of all values does not exceed,
 * so always one that was measured. Sorts `values` in place.
 */
export function quantile(values: Float64Array, q: number): number | undefined {
  values.sort()
  return values[Math.max(0, Math.ceil(q * values.length) - 1)]
}
