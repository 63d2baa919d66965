/**
 * A browser may report a language that is none: headless Chromium under LANG=C.UTF-8 says `en-US@posix`. uPlot asks Intl
 * for that language while it loads, and would take the whole page down with it, so this comes before it.
 */
try {
  new Intl.NumberFormat(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en', configurable: true })
}
