import '../known-language.ts'
import UPlot from 'uplot'
import { themeChanged } from '../theme.ts'

/** A plot as large as its frame, whatever becomes of that, and in the colours of the theme. */
export function framedPlot(
  frame: HTMLElement,
  options: Omit<UPlot.Options, 'width' | 'height'>,
  data: UPlot.AlignedData,
): { plot: UPlot; stop(): void } {
  const plot = new UPlot({ ...options, ...sizeOf(frame) }, data, frame)
  const resized = new ResizeObserver(() => plot.setSize(sizeOf(frame)))
  resized.observe(frame)
  const recolour = (): void => plot.redraw(true)
  document.addEventListener(themeChanged, recolour)
  return {
    plot,
    stop() {
      document.removeEventListener(themeChanged, recolour)
      resized.disconnect()
      plot.destroy()
    },
  }
}

/** A colour of the theme, by its name in `tokens.css`. */
export const themed = (frame: HTMLElement, name: string) => (): string =>
  getComputedStyle(frame).getPropertyValue(`--${name}`).trim()

/** A frame that is not to be seen has no size; a plot has one. */
const sizeOf = ({ clientWidth, clientHeight }: HTMLElement): { width: number; height: number } => ({
  width: clientWidth || 100,
  height: clientHeight || 100,
})
