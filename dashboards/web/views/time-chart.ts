import { withLive } from '../model/bars.ts'
import type { ChartUnit } from '../model/chart-unit.ts'
import type { Bar } from '../model/pick-bar.ts'
import { barPicker } from './bar-picker.ts'

export interface ChartHistory {
  unit: ChartUnit
  bars: Bar[]
  /** Bars of fewer listeners are not told. */
  k: number
  /** Start of what now is in; where bars do not reach to it, none of them still grows. */
  running: number
}

/** `<time-chart .history=… .live=… label=…>`: plays over time, read with pointer or arrow keys; `live` is what the gateway knows of the running bar. */
export class TimeChart extends HTMLElement {
  #picker: ReturnType<typeof barPicker> | undefined
  #history: ChartHistory | undefined
  #live: { start: number; plays: number } | undefined

  set history(history: ChartHistory) {
    if (history.unit !== this.#history?.unit) this.disconnectedCallback()
    this.#history = history
    this.connectedCallback()
  }

  set live(live: { start: number; plays: number }) {
    this.#live = live
    this.connectedCallback()
  }

  connectedCallback(): void {
    if (!this.isConnected || !this.#history) return
    const { unit, bars, k, running } = this.#history
    this.#picker ??= this.#build(unit)
    this.lastElementChild!.ariaLabel = this.getAttribute('label')
    this.#picker.show(withLive(bars, this.#live), k, running)
  }

  disconnectedCallback(): void {
    this.#picker?.stop()
    this.#picker = undefined
    this.replaceChildren()
  }

  #build(unit: ChartUnit): ReturnType<typeof barPicker> {
    const readout = document.createElement('p')
    readout.className = 'readout'
    const frame = document.createElement('div')
    frame.className = 'chart'
    frame.tabIndex = 0
    frame.role = 'slider'
    frame.ariaValueMin = '0'
    this.append(readout, frame)
    return barPicker(frame, readout, unit)
  }
}

customElements.define('time-chart', TimeChart)
