import { element, setText } from './element.ts'

/** The switch of this device's notifications. It is not there before `show`. `asked` is told what the listener wants. */
export function notifyButton(asked: (wanted: boolean) => Promise<void>) {
  const button = element('notify', HTMLButtonElement)
  const isOn = (): boolean => button.ariaPressed === 'true'
  button.addEventListener('click', () => {
    if (button.ariaBusy === 'true') return
    button.ariaBusy = 'true'
    void asked(!isOn()).finally(() => (button.ariaBusy = 'false'))
  })
  return {
    show(on: boolean): void {
      button.hidden = false
      button.ariaPressed = String(on)
      setText(button, on ? 'Notifications on' : 'Notify me')
    },
  }
}
