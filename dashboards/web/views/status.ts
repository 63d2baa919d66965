import {
  type Connection,
  type Resumption,
  connectionDetail,
  connectionLabel,
  resumptionText,
} from '../model/connection.ts'
import { element, setText } from './element.ts'

const NOTICE_MS = 12_000

/** The connection's lamp, and the notice that says what happened to it. Both are read out politely. */
export function status(retry: () => void) {
  const lamp = element('connection', HTMLElement)
  const label = element('connection-label', HTMLElement)
  const notice = element('notice', HTMLElement)
  const text = element('notice-text', HTMLElement)
  const again = element('retry', HTMLButtonElement)
  let hiding: ReturnType<typeof setTimeout> | undefined

  const say = (message: string, tone: 'bad' | 'good'): void => {
    clearTimeout(hiding)
    setText(text, message)
    notice.dataset['tone'] = tone
    notice.dataset['open'] = String(message !== '')
  }
  again.addEventListener('click', retry)

  return {
    connection(connection: Connection): void {
      document.documentElement.dataset['connection'] = connection.kind
      lamp.dataset['kind'] = connection.kind
      setText(label, connectionLabel(connection))
      again.hidden = connection.kind !== 'refused'
      say(connectionDetail(connection), 'bad')
    },

    resumed(resumption: Resumption): void {
      say(resumptionText(resumption), resumption.recovered ? 'good' : 'bad')
      hiding = setTimeout(() => say('', 'good'), NOTICE_MS)
    },
  }
}
