import {
  type Connection,
  type Resumption,
  connectionDetail,
  connectionLabel,
  resumptionText,
} from '../model/connection.ts'
import { element, setText } from './element.ts'

const NOTICE_MS = 12_000

/** The connection's lamp, and the notice that says what happened to it, or was not done. Both are read out politely. */
export function status(retry: () => void) {
  const lamp = element('connection', HTMLElement)
  const label = element('connection-label', HTMLElement)
  const notice = element('notice', HTMLElement)
  const text = element('notice-text', HTMLElement)
  const again = element('retry', HTMLButtonElement)
  let hiding: ReturnType<typeof setTimeout> | undefined
  /** What the notice says as long as the connection is as it is. */
  let standing = ''

  const say = (message: string, tone: 'bad' | 'good'): void => {
    clearTimeout(hiding)
    setText(text, message)
    notice.dataset['tone'] = tone
    notice.dataset['open'] = String(message !== '')
  }
  const sayForAWhile = (message: string, tone: 'bad' | 'good'): void => {
    say(message, tone)
    hiding = setTimeout(() => say(standing, standing === '' ? tone : 'bad'), NOTICE_MS)
  }
  again.addEventListener('click', retry)

  return {
    connection(connection: Connection): void {
      document.documentElement.dataset['connection'] = connection.kind
      lamp.dataset['kind'] = connection.kind
      setText(label, connectionLabel(connection))
      again.hidden = connection.kind !== 'refused'
      standing = connectionDetail(connection)
      say(standing, 'bad')
    },

    resumed(resumption: Resumption): void {
      sayForAWhile(resumptionText(resumption), resumption.recovered ? 'good' : 'bad')
    },

    /** Something that the reader asked for was not done. Returns what takes the notice of it away. */
    failed(message: string): () => void {
      sayForAWhile(message, 'bad')
      return () => {
        if (text.textContent === message) say(standing, 'bad')
      }
    },
  }
}
