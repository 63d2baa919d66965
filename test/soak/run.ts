/**
 * `npm run soak [STREAMS] [SEED] [VERSION]`: random streams through Kafka Streams' own TopologyTestDriver and through this
 * engine, compared row by row. A difference is counted under the rule that explains it (`models/edges.ts`); one that no rule
 * explains is made as small as possible and shown, and the run has failed. VERSION is that of Kafka Streams.
 */
import { type Case, kinds } from './cases.ts'
import { explain } from './explain.ts'
import { type KafkaStreams, defaultVersion, startKafkaStreams } from './kafka-streams.ts'
import { ours } from './ours.ts'
import { randomCase } from './random-case.ts'
import { shrink } from './shrink.ts'
import { Tally, onlyIn } from './tally.ts'
import { checkVectors } from './vectors.ts'

const BATCH = 10 * kinds.length
const [streams = 1_000, seed = Date.now() % 1_000_000] = process.argv.slice(2, 4).map(Number)
const [version = defaultVersion] = process.argv.slice(4)
say(`Kafka Streams ${version}, ${streams} streams, seed ${seed}`)
const kafkaStreams = await startKafkaStreams(version, say)
try {
  await checkVectors(kafkaStreams)
  say('The vectors that are kept come out as they are kept.')
  process.exitCode = (await soak(kafkaStreams)) ? 0 : 1
} finally {
  await kafkaStreams.stop()
}

function say(line: string): void {
  console.log(line)
}

/** Says whether all is explained. */
async function soak(theirs: KafkaStreams): Promise<boolean> {
  const tally = new Tally()
  while (tally.streams < streams) {
    const length = Math.min(BATCH, streams - tally.streams)
    const cases = Array.from({ length }, (_, index) => caseOf(tally.streams + index))
    const answers = await theirs.answers(cases)
    for (const [index, each] of cases.entries()) {
      const our = await ours(each)
      const their = answers[index]!
      const verdict = explain(each, our, their)
      tally.add(each, our, their, verdict)
      if (verdict.kind !== 'unexplained') continue
      await show(each, theirs)
      tally.print()
      return false
    }
    if (tally.streams % (10 * BATCH) === 0) say(`${tally.streams} streams`)
  }
  tally.print()
  say(`Every difference of ${tally.streams} streams is explained.`)
  return true
}

/** Seeds far apart, so that another run tries other streams. */
function caseOf(index: number): Case {
  return randomCase(kinds[index % kinds.length]!, seed * 1_000_003 + index)
}

/** Makes a case as small as possible, and shows where the answers part. */
async function show(each: Case, theirs: KafkaStreams): Promise<void> {
  const verdictOf = async (some: Case) => {
    const [their] = await theirs.answers([some])
    const our = await ours(some)
    return { our, their: their!, verdict: explain(some, our, their!) }
  }
  say('A difference that no rule explains. Looking for its smallest form …')
  const smallest = await shrink(each, async (some) => (await verdictOf(some)).verdict.kind === 'unexplained')
  const { our, their, verdict } = await verdictOf(smallest)
  if (verdict.kind === 'unexplained') say(verdict.why)
  say(JSON.stringify(smallest.operator))
  console.table(smallest.rows)
  say('Kafka Streams alone:')
  console.dir(onlyIn(smallest, their, our))
  say('This engine alone:')
  console.dir(onlyIn(smallest, our, their))
}
