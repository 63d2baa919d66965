import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

const TOP = 25

/** `node bench/self-time.ts FILE.cpuprofile`: in which functions the time of a profile was spent, callees left out. */
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as CpuProfile
const names = new Map(
  nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
    id,
    `${functionName || '(anonymous)'} ${basename(url)}:${lineNumber + 1}`,
  ]),
)
const selfTimes = new Map<string, number>()
for (const [index, id] of samples.entries()) {
  const name = names.get(id)!
  selfTimes.set(name, (selfTimes.get(name) ?? 0) + timeDeltas[index]!)
}
selfTimes.delete('(idle) :0')
const total = selfTimes.values().reduce((sum, time) => sum + time, 0)
const ordered = [...selfTimes].sort(([, one], [, other]) => other - one)
console.table(
  ordered.slice(0, TOP).map(([name, micros]) => ({
    function: name,
    'self ms': Math.round(micros / 1e3),
    '%': ((100 * micros) / total).toFixed(1),
  })),
)
