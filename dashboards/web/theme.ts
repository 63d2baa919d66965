import { keepIn } from './storage.ts'

export type Theme = 'light' | 'dark'

const KEY = 'theme'
/** The event of the document after each change of the theme, for what is not drawn by CSS. */
export const themeChanged = 'themechanged'
const device = keepIn(() => localStorage)
const systemDark = matchMedia('(prefers-color-scheme: dark)')

/** The theme the reader chose on this device, if any; else the system's. */
export function currentTheme(): Theme {
  const chosen = device.get(KEY)
  if (chosen === 'light' || chosen === 'dark') return chosen
  return systemDark.matches ? 'dark' : 'light'
}

/** Puts the current theme on the page. */
export function applyTheme(): void {
  document.documentElement.dataset['theme'] = currentTheme()
}

/** Wires the button and follows the system as long as the reader has not chosen. */
export function themeToggle(button: HTMLButtonElement): void {
  const show = (): void => {
    applyTheme()
    button.setAttribute('aria-pressed', String(currentTheme() === 'dark'))
    document.dispatchEvent(new Event(themeChanged))
  }
  button.addEventListener('click', () => {
    device.set(KEY, currentTheme() === 'dark' ? 'light' : 'dark')
    show()
  })
  systemDark.addEventListener('change', show)
  show()
}
