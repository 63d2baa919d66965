import type { Message } from 'kafkajs'
import { versionsTopic } from '../../schemas/versions-topic.ts'
import { JsonTopic } from '../json-topic.ts'
import { type TopologyVersion, type VersionRecord, Versions, labelOf } from './versions.ts'

/** Which versions there are. Without the topic there is none but the first of each topology. */
export const versionsInKafka = new JsonTopic(versionsTopic, () => new Versions())

/** That a version is in service. */
export const servedMessage = ({ topology, version }: TopologyVersion): Message => ({
  key: topology,
  value: JSON.stringify({ version }),
})

/** That there is a version, and what is known of it; or that there is none any more. */
export const madeMessage = (which: TopologyVersion, record: VersionRecord | null): Message => ({
  key: labelOf(which),
  value: record === null ? null : JSON.stringify(record),
})
