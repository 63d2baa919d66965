/**
 * How several messages become one frame. It remembers the last one: the sockets of a channel have the same messages to
 * send, one socket after the other.
 */
export function joiner(
  join: (messages: readonly Buffer[]) => Buffer,
): (messages: readonly Buffer[]) => Buffer {
  let last: readonly Buffer[] = []
  let frame: Buffer = Buffer.alloc(0)
  return (messages) => {
    const isSame = last.length === messages.length && last.every((message, at) => message === messages[at])
    if (isSame) return frame
    last = messages
    frame = join(messages)
    return frame
  }
}
