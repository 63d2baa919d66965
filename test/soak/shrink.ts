import type { Case } from './cases.ts'

/**
 * Drops rows of a case for as long as it still `fails`, halves first, then single ones.
 * @returns a case from which no row can be left out
 */
export async function shrink(failing: Case, fails: (smaller: Case) => Promise<boolean>): Promise<Case> {
  let { rows } = failing
  for (
    let length = Math.ceil(rows.length / 2);
    length >= 1;
    length = length === 1 ? 0 : Math.ceil(length / 2)
  ) {
    for (let from = 0; from < rows.length;) {
      const fewer = [...rows.slice(0, from), ...rows.slice(from + length)]
      if (await fails({ ...failing, rows: fewer })) rows = fewer
      else from += length
    }
  }
  return { ...failing, rows }
}
