import type axe from 'axe-core'

/** In the page: what axe finds that is serious or worse. */
export async function serious(): Promise<string[]> {
  const { axe: inPage } = window as unknown as { axe: Pick<typeof axe, 'run'> }
  // A colour on its way from one theme to the other is none of either.
  await Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => undefined)))
  const { violations } = await inPage.run()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`)
}
