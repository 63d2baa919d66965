import { loginOf } from '../../../schemas/registry-at.ts'
import type { Config } from '../../config.ts'
import type { Looking } from '../search/looking.ts'
import type { Place } from './place.ts'

const WITHIN_MS = 10_000

/** What these addresses answer. Of what is `asked` for by name each must answer; of others nobody need be there. */
export const pagesPlace = ({ urls, asked }: { urls: readonly string[]; asked: boolean }): Place => ({
  async look(looking, advance) {
    advance.begin(urls.length)
    for (const url of urls) {
      try {
        await lookAtPage(looking, url)
      } catch (error) {
        if (asked || !isNotThere(error)) looking.problems.push(looking.hide(`${url}: ${reasonOf(error)}`))
      }
      advance.by(1)
    }
  },
})

/** Nobody listens there, or has such a page. */
const isNotThere = (error: unknown) =>
  ['ECONNREFUSED', 404].includes((error as { cause?: { code?: string | number } }).cause?.code ?? '')

/** Of each subject of the registry each version. */
export const registryPlace = ({ SCHEMA_REGISTRY_URL, TOPIC_PREFIX }: Config): Place => ({
  async look(looking, advance) {
    const base = SCHEMA_REGISTRY_URL.replace(/\/$/, '')
    const subjects = (await jsonAt<string[]>(`${base}/subjects`)).filter((name) =>
      name.startsWith(TOPIC_PREFIX),
    )
    advance.begin(subjects.length)
    for (const subject of subjects) {
      const at = `${base}/subjects/${encodeURIComponent(subject)}/versions`
      for (const version of await jsonAt<number[]>(at))
        await lookAtPage(looking, `${at}/${version}`, `subject ${subject}`)
      advance.by(1)
    }
  },
})

async function lookAtPage(looking: Looking, url: string, name = shown(url)): Promise<void> {
  const { headers, body } = await answerOf(url)
  const container = { name }
  looking.open(container)
  looking.rows += body.toString().split('\n').length
  looking.bytes += body.length
  looking.look(container, Buffer.from(JSON.stringify([...headers])), () => 'headers')
  for (const [index, line] of body.toString('latin1').split('\n').entries())
    looking.look(container, Buffer.from(line, 'latin1'), () => `line ${index + 1}`)
}

const jsonAt = async <T>(url: string): Promise<T> => JSON.parse((await answerOf(url)).body.toString()) as T

/** @throws Error naming the address, if it does not answer, or with an error */
async function answerOf(address: string): Promise<{ headers: Headers; body: Buffer }> {
  const response = await fetch(shown(address), {
    headers: loginOf(address),
    signal: AbortSignal.timeout(WITHIN_MS),
  })
  if (!response.ok) throw new Error(`answers ${response.status}`, { cause: { code: response.status } })
  return { headers: response.headers, body: Buffer.from(await response.arrayBuffer()) }
}

/** Without user and password. */
function shown(address: string): string {
  const url = new URL(address)
  url.username = url.password = ''
  return url.href
}

const reasonOf = (error: unknown) => {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message : message
}
