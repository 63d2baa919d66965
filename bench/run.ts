import { benchApi } from './api.ts'
import { benchClickhouseSink } from './clickhouse-sink.ts'
import { benchCodec } from './codec.ts'
import { benchEventToScreen } from './event-to-screen.ts'
import { benchGateway } from './gateway/gateway.ts'
import { benchImport } from './import.ts'
import { benchLatency } from './latency.ts'
import { benchModel } from './model.ts'
import { benchPage } from './page.ts'
import { benchPush } from './push.ts'
import { benchQueries } from './queries/queries.ts'
import { benchRedisMemory } from './redis-memory.ts'
import { benchRedisSink } from './redis-sink.ts'
import { benchReports } from './queries/reports.ts'
import { benchRestoredState } from './restored-state.ts'
import { benchThroughput } from './throughput.ts'
import { withServices } from './with-services.ts'
import { workloads } from './workloads.ts'

/**
 * `npm run bench [-- NAME…]`: `throughput` for the whole table, some of its workloads by their names, `latency`, `restored-state`,
 * `event-to-screen`, `model`, `push`, `codec`, `import`, `clickhouse-sink`, `redis-sink`, `redis-memory`, `gateway`. Default: all.
 * `BENCH_ROWS` plays in as many rounds as `BENCH_ROUNDS` says. By their names alone `page`, and `queries`, `reports` and `api`, which take minutes to fill a table: `queries 100000000` for so many plays.
 */
const whole = [
  'throughput',
  'latency',
  'restored-state',
  'event-to-screen',
  'model',
  'push',
  'codec',
  'import',
  'clickhouse-sink',
  'redis-sink',
  'redis-memory',
  'gateway',
]
const alone = ['queries', 'api', 'reports', 'page']
const some = Object.keys(workloads).filter((name) => !whole.includes(name))
const [numbers, names] = [/^\d+$/, /^(?!\d+$)/].map((kind) =>
  process.argv.slice(2).filter((each) => kind.test(each)),
) as [string[], string[]]
const chosen = names.length > 0 ? names : whole
const known = [...whole, ...alone, ...some]
const unknown = chosen.find((name) => !known.includes(name))
if (unknown !== undefined) {
  console.error(`no benchmark ${unknown}: there are ${known.join(', ')}`)
  process.exit(1)
}
const rows = chosen.filter((name) => some.includes(name))
if (rows.length > 0 || chosen.includes('throughput'))
  await withServices((place) => benchThroughput(place, chosen.includes('throughput') ? [] : rows))
if (chosen.includes('latency')) await withServices(benchLatency)
if (chosen.includes('restored-state')) await withServices(benchRestoredState)
if (chosen.includes('event-to-screen')) await benchEventToScreen()
if (chosen.includes('model')) await benchModel()
if (chosen.includes('push')) await benchPush()
if (chosen.includes('codec')) await benchCodec()
if (chosen.includes('import')) await withServices(benchImport)
if (chosen.includes('redis-sink')) await benchRedisSink()
if (chosen.includes('redis-memory')) await benchRedisMemory()
if (chosen.includes('gateway')) await benchGateway()
if (chosen.includes('clickhouse-sink')) await benchClickhouseSink()
if (chosen.includes('page')) await benchPage()
if (chosen.includes('queries')) await benchQueries(Number(numbers[0] ?? 20_000_000))
if (chosen.includes('api')) await benchApi(Number(numbers[0] ?? 2_500_000))
if (chosen.includes('reports')) await benchReports(Number(numbers[0] ?? 10_000_000))
