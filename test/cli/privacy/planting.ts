import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Message } from 'kafkajs'
import type { PlaceName } from '../../../cli/privacy/scan.ts'
import { topics } from '../../../schemas/topics.ts'
import { play } from '../../kit/builders.ts'
import type { System } from '../../kit/system.ts'

/** An identifier somewhere that it must not be, and what a scan is to say of it. */
export interface Leak {
  what: string
  in: PlaceName
  /** Answers what else the scan is to be told. */
  plant(system: System, id: string): Promise<string[] | undefined>
  form: string
  /** Container and example. */
  at: RegExp
  /** If it cannot be any. */
  id?: string
}

export function encoded({ codec }: System, given: Parameters<typeof play>[0]): Message {
  return { key: randomUUID(), value: codec.encode(topics.playsClean, play(given)) }
}

export async function send({ kafka }: System, topic: string, message: Message): Promise<undefined> {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, messages: [message] })
  await producer.disconnect()
}

export function redis(
  what: string,
  form: string,
  at: RegExp,
  put: (client: Redis, key: string, id: string) => Promise<unknown>,
): Leak {
  return {
    what: `${what} of Redis`,
    in: 'redis',
    form,
    at,
    async plant({ env }, id) {
      const client = new Redis(env['REDIS_URL']!)
      await put(client, `leak:${randomUUID()}`, id)
      await client.quit()
      return undefined
    },
  }
}

export function clickhouse(
  what: string,
  form: string,
  type: string,
  valueOf: (id: string) => string,
  hidden = false,
): Leak {
  const table = `leak_${randomUUID().replaceAll('-', '_')}`
  return {
    what,
    in: 'clickhouse',
    form,
    at: new RegExp(`${table}: part \\S+, row 0, column held`),
    async plant({ clickhouse: client, database }, id) {
      const run = (query: string) => client.command({ query })
      await run(`CREATE TABLE ${database}.${table} (id UInt32, held ${type}) ENGINE = MergeTree ORDER BY id`)
      await run(`INSERT INTO ${database}.${table} SELECT 7, ${valueOf(id)}`)
      if (hidden) await run(`DELETE FROM ${database}.${table} WHERE id = 7`)
      return undefined
    },
  }
}
