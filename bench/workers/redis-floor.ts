import { Redis } from 'ioredis'
import { measure } from '../measured.ts'

/** The floor: as many fields are set in a hash, by pipelines of ioredis, and nothing else. */
const rows = Number(process.env['BENCH_ROWS'])
const A_PIPELINE = 500
const redis = new Redis(process.env['REDIS_URL']!)
await redis.ping()

await measure(async () => {
  for (let from = 0; from < rows; from += A_PIPELINE) {
    const pipeline = redis.pipeline()
    for (let row = from; row < Math.min(rows, from + A_PIPELINE); row++)
      pipeline.hset('bench-floor', `0123456789abcdef${row % 5_000}`, `${row} ${1_000 * row}`)
    await pipeline.exec()
  }
  return { rows }
})
