/**
 * Draws at most once per animation frame, however often it is asked, and tells when that drawing was on the screen:
 * at the start of the frame after, by which the browser has presented it. That is late by up to a frame, never early.
 * A hidden page draws nothing; the next visible frame draws what is then the newest.
 */
export function repaintOnce(draw: () => () => void): () => void {
  let asked = false
  return function request() {
    if (asked) return
    asked = true
    requestAnimationFrame(() => {
      asked = false
      requestAnimationFrame(draw())
    })
  }
}
