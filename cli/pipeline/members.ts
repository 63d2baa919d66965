import type { StageKind } from '../../dashboards/server/endpoints/pipeline.ts'
import { FIRST_VERSION, topicOfVersion } from '../../pipelines/engine/versioned.ts'
import { topics } from '../../schemas/topics.ts'
import { feeds } from '../../sinks/clickhouse/feeds.ts'
import { liveTopic } from '../../sinks/redis/totals-sink.ts'
import { sinkStage } from '../../sinks/running-sink.ts'
import type { Config } from '../config.ts'
import { PUSH_STAGE } from '../push/stage.ts'
import { topologyNames } from '../shapes.ts'
import { carriedOf } from '../sinks/carried.ts'
import { sinkStages } from '../sinks/stages.ts'
import { type Member, topologyMember } from '../status/look.ts'
import { type MadeVersion, type Versions, kafkaNameOf } from '../versions/versions.ts'

/** A stage of the pipeline, of which one is told. */
export interface StageMember extends Member {
  kind: StageKind
  /** The topology that it belongs to; null where it serves all. */
  topology: string | null
  version: number
}

/** All that there is to be run of an installation with these versions: the first of each topology, those beside, sinks of both, and pushes. */
export function stageMembers(versions: Versions, config: Pick<Config, 'TOPIC_PREFIX'>): StageMember[] {
  const made = versions.made.filter(({ record }) => record.removing !== true)
  const inService = topologyNames.flatMap((topology) => {
    const version = versions.inService(topology)
    return made.some((each) => each.topology === topology && each.version === version)
      ? []
      : [{ topology, version }]
  })
  const topologies = [...inService, ...made]
    .filter(({ topology }) => topologyNames.includes(topology))
    .map((which) => ({
      ...topologyMember(which, config),
      kind: 'topology' as const,
      topology: which.topology,
      version: which.version,
    }))
  const first = { topology: null, version: FIRST_VERSION }
  const stages = [
    { ...first, kind: 'sink' as const, name: sinkStages.clickhouse, topics: feeds.map(({ topic }) => topic) },
    { ...first, kind: 'sink' as const, name: sinkStages.redis, topics: [liveTopic] },
    { ...first, kind: 'sink' as const, name: sinkStages.lists, topics: [topics.recommendations] },
    ...made.flatMap(sinksOf),
    { ...first, kind: 'push' as const, name: PUSH_STAGE, topics: [topics.notifications] },
  ]
  const named = stages.map((stage) => ({
    ...stage,
    topics: stage.topics.map(({ name }) => config.TOPIC_PREFIX + name),
  }))
  return [...topologies, ...named]
}

/** Sinks that carry a version alone. */
function sinksOf(which: MadeVersion) {
  const { feeds: fed, live } = carriedOf(which)
  const { topology, version } = which
  const of = { kind: 'sink' as const, topology, version }
  const stage = (sink: string) => sinkStage(sink, kafkaNameOf(which))
  return [
    ...(fed.length === 0
      ? []
      : [{ ...of, name: stage('clickhouse'), topics: fed.map(({ topic }) => topic) }]),
    ...(live ? [{ ...of, name: stage('redis'), topics: [topicOfVersion(liveTopic, version)] }] : []),
  ]
}
