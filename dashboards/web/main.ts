import { getJson } from './api.ts'
import type { LatencySample } from './model/latency-window.ts'
import { type PageConfig, startPage } from './page.ts'
import { themeToggle } from './theme.ts'
import { takeToken } from './token.ts'
import { element, setText } from './views/element.ts'

declare global {
  interface Window {
    /** For whoever measures the page from outside: benchmarks, tests, the console. */
    continuo?: {
      /** The way from Kafka to this screen of the plays sampled in the last 30 s, oldest first, in ms. */
      latency(): LatencySample[]
    }
  }
}

const RETRY_MS = 2_000

async function start(): Promise<void> {
  takeToken()
  themeToggle(element('theme', HTMLButtonElement))
  window.continuo = startPage(await config())
}

/** Asks until the server answers: a page kept open over a restart comes back by itself. */
async function config(): Promise<PageConfig> {
  for (;;) {
    try {
      return await getJson<PageConfig>('/api/config')
    } catch {
      setText(element('connection-label', HTMLElement), 'No answer yet')
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

void start()
