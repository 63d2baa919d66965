import type { ClickHouseClient } from '@clickhouse/client'
import { isInService, putTableInService } from '../../sinks/clickhouse/version-tables.ts'
import { servedMessage } from '../versions/versions-in-kafka.ts'
import type { Ledger } from './ledger.ts'
import type { Subject } from './subject.ts'

/**
 * Puts a version in service. That it is so is one record: what is started from then on goes by it, and what has not been done of the rest
 * is done by {@link finishPutting}, whoever comes next.
 */
export async function putInService(
  subject: Subject,
  ledger: Ledger,
  client: ClickHouseClient,
): Promise<void> {
  await ledger.write([servedMessage(subject)])
  await finishPutting(subject, client)
}

/** Has readers of the tables read this version, which is in service. Answers whether any did not yet. */
export async function finishPutting({ feeds }: Subject, client: ClickHouseClient): Promise<boolean> {
  let done = false
  for (const feed of feeds) {
    if (await isInService(client, feed)) continue
    await putTableInService(client, feed)
    done = true
  }
  return done
}
