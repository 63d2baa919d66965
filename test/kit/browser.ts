import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { type BrowserContextOptions, type Page, chromium as launcher } from 'playwright-core'

/** A page open in a real browser. */
export interface OpenPage {
  page: Page
  /** What the page logged as an error or threw, so far. */
  errors: string[]
  /** Closes it; where coverage is collected, writes its own. */
  close(): Promise<void>
}

export interface OpenOptions {
  /** The profile: colour scheme, viewport … */
  context?: BrowserContextOptions
  /** Changes the page before it is opened. */
  prepare?(page: Page): Promise<unknown>
}

export interface TestBrowser {
  /** A page in a profile of its own. */
  open(url: string, options?: OpenOptions): Promise<OpenPage>
  close(): Promise<void>
}

/**
 * The package is made for a sandbox of one page that does its own origin checks. Here a page keeps the browser's, and
 * one browser has several pages, which a single process does not bear.
 */
const unwanted = new Set(['--disable-web-security', '--allow-running-insecure-content', '--single-process'])

/** Starts Chromium from its npm package, in a temporary folder that goes with it. */
export async function startBrowser(): Promise<TestBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-browser-'))
  // Without a GPU, software that pretends to be one costs most of a core at forty frames a second.
  chromium.setGraphicsMode = false
  const executablePath = await unpackInto(folder)
  const browser = await launcher.launch({
    executablePath,
    headless: true,
    args: [...chromium.args.filter((arg) => !unwanted.has(arg)), '--disable-gpu'],
    env: { ...process.env, TMPDIR: folder },
  })
  return {
    async open(url, { context: profile, prepare } = {}) {
      const context = await browser.newContext({ locale: 'en-GB', ...profile })
      const page = await context.newPage()
      const errors: string[] = []
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
      page.on('pageerror', (error) => errors.push(String(error)))
      const writeCoverage = await collectCoverage(page)
      await prepare?.(page)
      await page.goto(url)
      return {
        page,
        errors,
        async close() {
          await writeCoverage()
          await context.close()
        },
      }
    },
    async close() {
      await browser.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The package unpacks into the temporary folder of the process, and takes what it finds there for its own. */
async function unpackInto(folder: string): Promise<string> {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  try {
    return await chromium.executablePath()
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}

/** Collects if the run asks for it, by CONTINUO_PAGE_COVERAGE; returns what writes the file. */
async function collectCoverage(page: Page): Promise<() => Promise<void>> {
  const folder = process.env['CONTINUO_PAGE_COVERAGE']
  if (folder === undefined) return async () => {}
  await page.coverage.startJSCoverage({ resetOnNavigation: false })
  return async () => {
    const scripts = await page.coverage.stopJSCoverage()
    const mapped = await Promise.all(
      scripts.map(async (script) => ({ ...script, sourceMap: await sourceMapOf(script) })),
    )
    await writeFile(join(folder, `page-${randomUUID()}.json`), JSON.stringify(mapped))
  }
}

async function sourceMapOf({ url, source }: { url: string; source?: string }): Promise<unknown> {
  const name = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(source ?? '')?.[1]
  if (name === undefined) return undefined
  const response = await fetch(new URL(name, url))
  return response.json()
}
