import type { TrainingPlays } from '../../pipelines/model/artifact/make-artifact.ts'
import { ModelError } from '../../pipelines/model/errors.ts'
import { readListenings } from '../../pipelines/model/read-listenings.ts'
import { connectClickhouse } from '../../sinks/clickhouse/client.ts'
import { trainingPlays } from '../../sinks/clickhouse/training-plays.ts'
import { type Config, clickhouseOf } from '../config.ts'
import { requireServices } from '../reachable.ts'

/** What stands for all plays of the configuration's ClickHouse. */
export const CLICKHOUSE = 'clickhouse'

/** The plays of a file or of ClickHouse. @throws ModelError if there are none, or the file cannot be read */
export async function playsFrom(from: string, config: Config): Promise<TrainingPlays> {
  if (from !== CLICKHOUSE)
    return { source: from, listenings: await readListenings(from), names: new Map(), popular: new Map() }
  await requireServices(config, ['clickhouse'])
  const plays = await clickhousePlays(config)
  if (plays.listenings.length === 0)
    throw new ModelError('ClickHouse has no plays yet: `continuo sinks` writes them there')
  return plays
}

/** All plays of ClickHouse, be there any or none. */
export async function clickhousePlays(config: Config): Promise<TrainingPlays> {
  const client = connectClickhouse(clickhouseOf(config))
  try {
    return { source: CLICKHOUSE, ...(await trainingPlays(client)) }
  } finally {
    await client.close()
  }
}
