import type { ChannelNotice, ClientInfo, PublishedMessage } from '../../../schemas/channels.ts'

/** A message as it came. */
export interface HeardMessage extends PublishedMessage {
  /** Its data as JSON, if they could be cut out: whoever sends them on as JSON need not write them anew. */
  json?: string
}

/** Takes a Pub/Sub message apart, or returns undefined if no publisher of ours wrote it. */
export function heardMessage(text: string): HeardMessage | ChannelNotice | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { epoch, offset, data, info, join, leave } = (value ?? {}) as Partial<
    PublishedMessage & Record<'join' | 'leave', { info: ClientInfo }>
  >
  if (isInfo(join?.info)) return { join }
  if (isInfo(leave?.info)) return { leave }
  if (typeof epoch !== 'string' || !Number.isSafeInteger(offset) || data === undefined) return undefined
  if (isInfo(info)) return { epoch, offset: offset!, data, info }
  const json = Object.keys(value as object).length === 3 ? jsonOfData(text) : undefined
  return { epoch, offset: offset!, data, ...(json !== undefined && { json }) }
}

/** Of a message that is JSON and has these three fields; undefined if it has them in another order, or is of several lines, which a frame could not hold. */
function jsonOfData(text: string): string | undefined {
  const [begin] = /^\{"epoch":"[^"\\]*","offset":\d+,"data":/.exec(text) ?? []
  return begin !== undefined && text.endsWith('}') && !text.includes('\n')
    ? text.slice(begin.length, -1)
    : undefined
}

function isInfo(value: unknown): value is ClientInfo {
  const { client, user } = (value ?? {}) as Partial<ClientInfo>
  return typeof client === 'string' && typeof user === 'string'
}
