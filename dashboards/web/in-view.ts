/** Half of a panel, or as much of it as fills half the window, is enough to have it in view. */
const ENOUGH = 0.5

/** How finely the browser tells how much of a panel is in the window. */
const STEPS = Array.from({ length: 21 }, (_, step) => step / 20)

/** Tells whether a panel can be seen: in the window, and the page in front. */
export function watchInView(panel: Element, changed: (inView: boolean) => void): void {
  let inWindow = false
  const tell = (): void => changed(inWindow && document.visibilityState === 'visible')
  const observer = new IntersectionObserver(
    (entries) => {
      const { intersectionRatio, intersectionRect } = entries.at(-1)!
      inWindow = intersectionRatio >= ENOUGH || intersectionRect.height >= ENOUGH * innerHeight
      tell()
    },
    { threshold: STEPS },
  )
  observer.observe(panel)
  document.addEventListener('visibilitychange', tell)
}
