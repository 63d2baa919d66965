/**
 * The latest version of each of these subjects of a Confluent-compatible registry, counted from 1; none where there is
 * no such subject, or the registry does not tell. For reports only: nothing is decided by it.
 * @param url of the registry, with user and password if it asks for them
 */
export async function schemaVersions(url: string, subjects: readonly string[]): Promise<Map<string, number>> {
  const { origin, pathname, username, password } = new URL(url)
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const headers: Record<string, string> =
    username === '' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` }
  const found = await Promise.all(
    subjects.map(async (subject): Promise<[string, number][]> => {
      const path = `${pathname.replace(/\/$/, '')}/subjects/${encodeURIComponent(subject)}/versions`
      const versions = await answerOf(origin + path, headers).catch(() => undefined)
      return Array.isArray(versions) ? [[subject, Math.max(...(versions as number[]))]] : []
    }),
  )
  return new Map(found.flat())
}

async function answerOf(url: string, headers: Record<string, string>): Promise<unknown> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) })
  return response.json()
}
