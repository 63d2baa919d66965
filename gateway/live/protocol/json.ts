import { FrameError, tooManyCommands, type Encoding } from './encoding.ts'
import { joiner } from './framing.ts'

const newline = Buffer.from('\n')

/** Commands and replies as JSON, several of them with newlines between. */
export const json: Encoding = {
  name: 'json',
  isBinary: false,

  commandsOf(frame, maxCommands) {
    // One line more than allowed is enough to know; a last newline ends the last command and begins none.
    const lines = frame.toString().split('\n', maxCommands + 2)
    if (lines.at(-1) === '') lines.pop()
    if (lines.length === 0) throw new FrameError('empty frame')
    if (lines.length > maxCommands) throw tooManyCommands()
    return lines.map(parsed)
  },

  encode: (reply) => Buffer.from(JSON.stringify(reply)),

  publication(channel, pub, data) {
    if (data === undefined) return this.encode({ push: { channel, pub } })
    const push = `"channel":${JSON.stringify(channel)},"pub":{"offset":${pub.offset},"data":${data}}`
    return Buffer.from(`{"push":{${push}}}`)
  },

  join: joiner((messages) =>
    Buffer.concat(messages.flatMap((message, at) => (at === 0 ? [message] : [newline, message]))),
  ),
}

function parsed(line: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new FrameError('a command is not JSON', { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FrameError('a command is not an object')
  return value as Record<string, unknown>
}
