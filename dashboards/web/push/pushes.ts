import type { Centrifuge } from 'centrifuge'
import { notifyButton } from '../views/notify-button.ts'
import { tellOpened } from './opened.ts'
import { pushDevice } from './push-device.ts'

export interface PushesOptions {
  client: Centrifuge
  /** Whom the gateway knows the reader as, once it does. */
  listener: Promise<string>
  /** What to subscribe with; empty: this installation has no pushes. */
  vapidPublicKey: string
  /** Something that the listener asked for was not done; the message says what and why. Returns what takes the message away. */
  failed(message: string): () => void
}

/** Lets a listener whom the gateway knows have pushes on this device, and tells it which of them they have opened. */
export async function startPushes({
  client,
  listener,
  vapidPublicKey,
  failed,
}: PushesOptions): Promise<void> {
  tellOpened(client)
  if (vapidPublicKey === '' || !canPush()) return

  const device = pushDevice({ client, listener: await listener, vapidPublicKey })
  let takeAway = (): void => undefined
  const button = notifyButton(async (wanted) => {
    takeAway()
    const trouble = await (wanted ? device.turnOn() : device.turnOff())
    if (trouble !== undefined) takeAway = failed(trouble)
    button.show(await device.isOn())
  })
  await device.renew().catch(() => undefined)
  button.show(await device.isOn())
}

const canPush = (): boolean =>
  'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis
