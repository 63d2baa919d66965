import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import pino from 'pino'
import type { Feed } from '../../../gateway/live/feed.ts'
import { openAccess } from '../../../gateway/live/access/access.ts'

const DAY = 86_400

/** Of who signs and who checks. */
export const lastingToken = {
  key: Buffer.alloc(32, 'k'),
  issuer: 'i',
  audience: 'a',
  toleranceSeconds: 10,
  longestLifeSeconds: 30 * DAY,
}

/** Access beside a Redis whose revocations are these: id and text of each. Pseudonyms are the user ids. */
export async function accessBeside(entries: readonly (readonly [id: string, text: string])[]) {
  const lines: string[] = []
  const redis = Object.assign(new EventEmitter(), {
    status: 'ready',
    time: () => Promise.resolve([String(Math.floor(Date.now() / 1_000)), '0']),
    xrange: () => Promise.resolve(entries.map(([id, text]) => [id, ['revocation', text]])),
  }) as unknown as Redis
  const feed = { on: () => feed as unknown as Feed, listen: () => Promise.resolve() }
  const access = openAccess({
    token: lastingToken,
    pseudonymOf: (user) => user,
    feed,
    commands: redis,
    keyPrefix: 'p:',
    lookEvery: 60_000,
    onMore: () => undefined,
    log: pino({}, { write: (line: string) => lines.push(line) }),
  })
  access.revocations.start()
  redis.emit('ready')
  access.revocations.stop()
  await access.revocations.looked()
  return { ...access, logged: () => lines.join('') }
}
