/**
 * Draws at most once per animation frame, however often it is asked. A hidden page draws nothing; the next visible frame draws
 * what is then the newest.
 */
export function repaintOnce(draw: () => void): () => void {
  let asked = false
  return function request() {
    if (asked) return
    asked = true
    requestAnimationFrame(() => {
      asked = false
      draw()
    })
  }
}
