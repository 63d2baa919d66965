import { type Centrifuge, State } from 'centrifuge'
import { openedParameter } from '../../../schemas/push-payload.ts'
import type { Refusal } from '../model/not-taken-text.ts'
import { fieldsOf } from '../model/shape.ts'

/**
 * Tells the gateway which notifications have brought the listener here. They are in the page's address, where those that the worker
 * tells of are put, too, and leave it when they are taken, or refused for good: neither a lost connection nor a reload loses one.
 */
export function tellOpened(client: Centrifuge): void {
  const tell = (notificationId: string): void => {
    client.rpc('feedback', { event: 'opened', notificationId }).then(
      () => forget(notificationId),
      (refusal: unknown) => {
        if (isFinal(refusal as Refusal)) forget(notificationId)
      },
    )
  }
  client.on('connected', () => {
    for (const id of new URL(location.href).searchParams.getAll(openedParameter)) tell(id)
  })

  if (!('serviceWorker' in navigator)) return
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const { opened } = fieldsOf(data)
    if (typeof opened !== 'string') return
    changeAddress((parameters) => parameters.append(openedParameter, opened))
    if (client.state === State.Connected) tell(opened)
  })
}

/** Codes below 100 are the client's own: the gateway was not reached. */
const isFinal = ({ code, temporary }: Refusal): boolean => code >= 100 && !temporary

const forget = (id: string): void => changeAddress((parameters) => parameters.delete(openedParameter, id))

function changeAddress(change: (parameters: URLSearchParams) => void): void {
  const url = new URL(location.href)
  change(url.searchParams)
  history.replaceState(null, '', url)
}
