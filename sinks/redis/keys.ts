import { channelKeys, channels } from '../../schemas/channels.ts'

/**
 * What the sink keeps beside the channel's own keys. The braces put them all into the channel's slot of a Redis
 * Cluster, since one script touches them together.
 */
export function totalsKeys(prefix: string) {
  const base = `${prefix}totals:{${channels.topArtists}}`
  const channel = channelKeys(prefix, channels.topArtists)
  return {
    /** Prefix of a hash for each window and partition, `<start>:<partition>`: artist id to `<plays> <ms>`. */
    windowPrefix: `${base}:window:`,
    /** Pub/Sub channel of the messages. */
    publish: channel.publish,
    /** In the order of the scripts' KEYS. */
    scriptKeys: [
      /** Hash: run id of the server, id of the topic, newest window start, plays counted. */
      `${base}:state`,
      /** Hash: partition to the offset up to which it has been applied. */
      `${base}:positions`,
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
    ],
  }
}
