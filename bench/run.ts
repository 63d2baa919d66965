import { benchEventToScreen } from './event-to-screen.ts'
import { benchThroughput } from './throughput.ts'
import { workloads } from './workloads.ts'

/** `npm run bench [-- NAME…]`: `throughput` for the whole table, some of its workloads by their names, `event-to-screen`. Default: all. */
const known = ['throughput', 'event-to-screen', ...Object.keys(workloads)]
const chosen = process.argv.length > 2 ? process.argv.slice(2) : ['throughput', 'event-to-screen']
const unknown = chosen.find((name) => !known.includes(name))
if (unknown !== undefined) {
  console.error(`no benchmark ${unknown}: there are ${known.join(', ')}`)
  process.exit(1)
}
const some = chosen.filter((name) => name in workloads)
if (some.length > 0 || chosen.includes('throughput')) await benchThroughput(some)
if (chosen.includes('event-to-screen')) await benchEventToScreen()
