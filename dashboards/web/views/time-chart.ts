import type { ChartUnit } from '../model/chart-unit.ts'
import type { Bar } from '../model/pick-bar.ts'
import { barPicker } from './bar-picker.ts'

export interface TimeChartData {
  unit: ChartUnit
  bars: Bar[]
  /** Bars of fewer listeners are not told. */
  k: number
}

/** `<time-chart .data=… label=…>`: plays over time, read with pointer or arrow keys. For the words about it see its view. */
export class TimeChart extends HTMLElement {
  #picker: ReturnType<typeof barPicker> | undefined
  #data: TimeChartData | undefined

  set data(data: TimeChartData) {
    if (data.unit !== this.#data?.unit) this.disconnectedCallback()
    this.#data = data
    if (this.isConnected) this.#show(data)
  }

  connectedCallback(): void {
    if (this.#data) this.#show(this.#data)
  }

  disconnectedCallback(): void {
    this.#picker?.stop()
    this.#picker = undefined
    this.replaceChildren()
  }

  #show({ unit, bars, k }: TimeChartData): void {
    this.#picker ??= this.#build(unit)
    this.#picker.show(bars, k)
  }

  #build(unit: ChartUnit): ReturnType<typeof barPicker> {
    const readout = document.createElement('p')
    readout.className = 'readout'
    const frame = document.createElement('div')
    frame.className = 'chart'
    frame.tabIndex = 0
    frame.role = 'slider'
    frame.ariaLabel = this.getAttribute('label')
    frame.ariaValueMin = '0'
    this.append(readout, frame)
    return barPicker(frame, readout, unit)
  }
}

customElements.define('time-chart', TimeChart)
