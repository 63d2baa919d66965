import type { ClickHouseClient } from '@clickhouse/client'
import type { Logger } from 'pino'
import { lookAtClickhouse } from './look.ts'
import { promises } from './promises.ts'

/** As this server is set up a row may be there twice, or be missing. The message names each table or setting, and the remedy. */
export class ExactlyOnceError extends Error {
  override readonly name = 'ExactlyOnceError'
}

/**
 * Looks at the server through the sink's own connection. What it does not tell, or could be better, goes to the log.
 * @throws ExactlyOnceError if it is such that rows which are sent again count twice; TableError where it refuses to tell
 */
export async function requireExactlyOnce(
  client: ClickHouseClient,
  tables: readonly string[],
  log: Logger,
): Promise<void> {
  const seen = await lookAtClickhouse(client, tables)
  const refusals: string[] = []
  for (const promise of promises) {
    const finding = promise(seen)
    if (finding.state === 'bad') refusals.push(`${finding.found}. Remedy: ${finding.remedy}`)
    else if (finding.state !== 'ok') log.warn(finding, 'ClickHouse may count a row twice')
  }
  if (refusals.length > 0)
    throw new ExactlyOnceError(
      `ClickHouse would not count each row once, so the sink does not start (\`continuo doctor\` looks again):\n${refusals.join('\n')}`,
    )
}
