import { freePort } from '../../stack/ports.ts'

/** Picks a free port for each of these variables, no two the same, as the environment has them. */
export async function freePorts<Variable extends string>(
  variables: readonly Variable[],
): Promise<Record<Variable, string>> {
  const found = new Set<number>()
  while (found.size < variables.length) found.add(await freePort())
  const ports = [...found].map(String)
  return Object.fromEntries(variables.map((variable, index) => [variable, ports[index]])) as Record<
    Variable,
    string
  >
}
