import type { TemplateResult } from 'lit-html'
import type { Reading } from '../model/reading.ts'

/** What a view is drawn from. */
export interface ViewState {
  parameters: URLSearchParams
  /** What is known of a path that the view reads. */
  reading<Answer extends object>(path: string): Reading<Answer>
  /** The server's clock, ms since 1970. */
  now: number
  /** Plays since then, of the last hour, as history and the gateway have them together. */
  playsSince(start: number): number
  /** What is not in the address has changed. */
  redraw(): void
  /** Changes the view's own parameters in the address. */
  go(parameters: Record<string, string>, how?: 'replace'): void
}

/** A view beside the overview: drawn anew from the address and from what was read, whenever one of them changes. */
export interface PageView {
  title(parameters: URLSearchParams): string
  /** Paths of the API, all of them read as long as the view is open at this address. */
  reads(parameters: URLSearchParams, now: number): string[]
  template(state: ViewState): TemplateResult
}
