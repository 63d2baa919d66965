import { FIRST_VERSION } from '../../pipelines/engine/versioned.ts'
import { channelKeys, channels } from '../../schemas/channels.ts'

/**
 * What the sink keeps beside the channel's own keys. The braces put them all into the channel's slot of a Redis
 * Cluster, since one script touches them together. Each version of a topology has totals of its own; the one in service feeds the channel.
 */
export function totalsKeys(prefix: string, version = FIRST_VERSION) {
  const plain = `${prefix}totals:{${channels.topArtists}}`
  const base = version === FIRST_VERSION ? plain : `${plain}:v${version}`
  const channel = channelKeys(prefix, channels.topArtists)
  const positions = `${base}:positions`
  return {
    positions,
    /** Prefix of a hash for each window and partition, `<start>:<partition>`: artist id to `<plays> <ms> <offset> <listener bits>`. */
    windowPrefix: `${base}:window:`,
    /** Pub/Sub channel of the messages. */
    publish: channel.publish,
    /** In the order of the scripts' KEYS. */
    scriptKeys: [
      /** Hash: run id of the server, id of the topic, newest window start, plays counted. */
      `${base}:state`,
      /** Hash: partition to the offset up to which it has been applied; `replay:<id of the topic>:<partition>`: of what is given back. */
      positions,
      /** Sorted set of the windows held, by start. */
      `${base}:windows`,
      /** Sorted set: artist id by plays in the span. */
      `${base}:plays`,
      /** Hash: artist id to milliseconds played in the span. */
      `${base}:ms`,
      /** Hash: artist id to name. */
      `${base}:names`,
      /** Hash: window start to plays over all artists. */
      `${base}:minutes`,
      channel.meta,
      channel.log,
      /** The `state` key of the version in service; without, the first is. */
      `${plain}:served`,
      /** Hash: artist id to the listeners in the span, as bits; of those who have been near the list. */
      `${base}:heard`,
      /** Hash: window start to the listeners over all artists, as bits. */
      `${base}:minutes-heard`,
    ],
  }
}
