import { FIRST_VERSION } from '../../pipelines/engine/versioned.ts'
import { channelKeys, channels } from '../../schemas/channels.ts'

/**
 * What the sink keeps beside the channel's own keys. The braces put them all into the channel's slot of a Redis
 * Cluster, since one script touches them together. Each version of a topology has totals of its own; the one in service feeds the channel.
 * `anew`: those that are built to take their place.
 */
export function totalsKeys(prefix: string, version = FIRST_VERSION, anew = false) {
  const plain = `${prefix}totals:{${channels.topArtists}}`
  const base = `${plain}${version === FIRST_VERSION ? '' : `:v${version}`}${anew ? ':anew' : ''}`
  const channel = channelKeys(prefix, channels.topArtists)
  const own = {
    /** Hash: id of the topic, newest window start, plays counted; `retell`: all minutes are to be published. */
    state: `${base}:state`,
    /** Hash: partition to the offset up to which it has been applied; `replay:<id of the topic>:<partition>`: of what is given back. */
    positions: `${base}:positions`,
    /** Sorted set of the windows held, by start. */
    windows: `${base}:windows`,
    /** Sorted set: artist id by plays in the span. */
    plays: `${base}:plays`,
    /** Hash: artist id to milliseconds played in the span. */
    ms: `${base}:ms`,
    /** Hash: artist id to name. */
    names: `${base}:names`,
    /** Hash: window start to plays over all artists. */
    minutes: `${base}:minutes`,
    /** Hash: artist id to the listeners in the span, as bits; of those who have been near the list. */
    heard: `${base}:heard`,
    /** Hash: window start to the listeners over all artists, as bits. */
    minutesHeard: `${base}:minutes-heard`,
  }
  /** The `state` key of the version in service; without, the first is. */
  const served = `${plain}:served`
  return {
    ...own,
    /** All keys of these totals alone, but those of windows. */
    own: Object.values(own),
    /** Prefix of a hash for each window and partition, `<start>:<partition>`: artist id to `<plays> <ms> <offset> <listener bits>`. */
    windowPrefix: `${base}:window:`,
    /** Pub/Sub channel of the messages. */
    publish: channel.publish,
    /** In the order of the scripts' KEYS. */
    scriptKeys: [
      own.state,
      own.positions,
      own.windows,
      own.plays,
      own.ms,
      own.names,
      own.minutes,
      channel.meta,
      channel.log,
      served,
      own.heard,
      own.minutesHeard,
    ],
  }
}
