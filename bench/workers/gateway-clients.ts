import { mintToken } from '../../gateway/live/access/mint-token.ts'
import { type BareSocket, bareSocket } from '../gateway/socket.ts'
import { age, listenerName, tokens } from '../gateway/message.ts'
import { answer } from '../../test/kit/remote.ts'

const PATH = '/connection/websocket'
const AT_ONCE = 100
const NEWLINE = 0x0a
const OFFSET = '"offset":'
const HOUR_S = 3_600

type Question =
  /** So many sockets, subscribed to these channels; none for a peer. A `*` in a name stands for the number of the socket. */
  | { kind: 'open'; port: number; count: number; channels: string[] }
  /** Until so many messages have come since they were asked for last. */
  | { kind: 'expect'; count: number }
  /** So many sockets, one after the other has its answer and is gone. */
  | { kind: 'connects'; port: number; count: number; token: boolean }
  /** As many are killed, come back and recover. */
  | { kind: 'recover'; port: number; count: number; channel: string }

interface Client {
  socket: BareSocket
  /** Resolves with the message that has the id. */
  replies: Map<number, (reply: Reply) => void>
  position: { epoch: string; offset: number }
}

interface Reply {
  id?: number
  error?: unknown
  subscribe?: { epoch: string; offset: number; recovered?: boolean; publications?: { offset: number }[] }
  push?: { pub?: { offset: number } }
}

const clients: Client[] = []
let [come, wanted] = [0, Infinity]
let onWanted = () => {}
let latencies: number[] = []
let follows = false

const tokenOf = (at: number) => mintToken({ ...tokens, sub: listenerName(at), ttlSeconds: HOUR_S })

/** Until so many messages have come. */
async function heard(count: number): Promise<void> {
  if (come < count)
    await new Promise<void>((resolve) => {
      wanted = count
      onWanted = resolve
    })
  wanted = Infinity
}

function countOf(payload: Buffer): number {
  let count = 1
  for (let at = payload.indexOf(NEWLINE); at >= 0; at = payload.indexOf(NEWLINE, at + 1)) count++
  return count
}

async function open(port: number): Promise<Client> {
  const client: Client = { socket: undefined!, replies: new Map(), position: { epoch: '', offset: 0 } }
  client.socket = await bareSocket(port, PATH, {
    frame(payload) {
      if (client.replies.size > 0) read(client, payload)
      else if (follows) client.position.offset = lastOffset(payload) ?? client.position.offset
      const ms = age(payload)
      if (Number.isNaN(ms)) return
      latencies.push(ms)
      come += countOf(payload)
      if (come >= wanted) onWanted()
    },
    closed(code) {
      // It will not come back, and what it was to hear would be waited for in vain.
      if (code !== undefined) throw new Error(`a client was closed with ${code}`)
    },
  })
  return client
}

/** Of the messages in a frame; cut out, since to parse each would be the most of what is measured. */
function lastOffset(payload: Buffer): number | undefined {
  const at = payload.lastIndexOf(OFFSET)
  return at < 0
    ? undefined
    : Number.parseInt(payload.toString('latin1', at + OFFSET.length, at + OFFSET.length + 16), 10)
}

function read(client: Client, payload: Buffer): void {
  for (const line of payload.toString().split('\n')) {
    const reply = JSON.parse(line) as Reply
    if (reply.push?.pub) client.position.offset = reply.push.pub.offset
    const resolve = client.replies.get(reply.id ?? 0)
    client.replies.delete(reply.id ?? 0)
    resolve?.(reply)
  }
}

function ask(client: Client, id: number, command: object): Promise<Reply> {
  const reply = new Promise<Reply>((resolve) => client.replies.set(id, resolve))
  client.socket.send(JSON.stringify({ id, ...command }))
  return reply
}

async function inTurns(count: number, act: (at: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

async function subscribe(client: Client, channels: string[], at: number): Promise<void> {
  await ask(client, 1, { connect: { token: await tokenOf(at) } })
  for (const [index, name] of channels.entries()) {
    const channel = name.replace('*', String(at))
    const { subscribe: done, error } = await ask(client, index + 2, { subscribe: { channel } })
    if (done === undefined) throw new Error(`not subscribed: ${JSON.stringify(error)}`)
    client.position = { epoch: done.epoch, offset: done.offset }
  }
}

const acts: { [Kind in Question['kind']]: (question: Extract<Question, { kind: Kind }>) => Promise<object> } =
  {
    async open({ port, count, channels }) {
      follows = false
      for (const { socket } of clients.splice(0)) socket.destroy()
      await inTurns(count, async (at) => {
        const client = await open(port)
        clients[at] = client
        if (channels.length > 0) await subscribe(client, channels, at)
      })
      come = 0
      latencies = []
      return { opened: clients.length }
    },

    async expect({ count }) {
      await heard(count)
      const sorted = latencies.toSorted((a, b) => a - b)
      latencies = []
      come -= count
      return { p50: sorted[Math.floor(0.5 * sorted.length)], p99: sorted[Math.floor(0.99 * sorted.length)] }
    },

    async connects({ port, count, token }) {
      const made = await Promise.all(Array.from({ length: token ? count : 0 }, (_, at) => tokenOf(at)))
      await inTurns(count, async (at) => {
        const client = await open(port)
        const command = token ? { connect: { token: made[at] } } : {}
        if (token) await ask(client, 1, command)
        else {
          const reply = new Promise((resolve) => client.replies.set(0, resolve))
          client.socket.send('{}')
          await reply
        }
        client.socket.destroy()
      })
      return { connected: count }
    },

    async recover({ port, count, channel }) {
      follows = true
      const made = await Promise.all(Array.from({ length: count }, (_, at) => tokenOf(at)))
      await heard(come + 3 * clients.length)
      const killed = clients.slice(0, count)
      for (const { socket } of killed) socket.destroy()
      const began = performance.now()
      const took: number[] = []
      let complete = 0
      await Promise.all(
        killed.map(async ({ position }, at) => {
          const client = await open(port)
          await ask(client, 1, { connect: { token: made[at] } })
          const { subscribe: done } = await ask(client, 2, {
            subscribe: { channel, recover: true, ...position },
          })
          const offsets = done?.publications?.map(({ offset }) => offset) ?? []
          if (done?.recovered && offsets.every((offset, index) => offset === position.offset + 1 + index))
            complete++
          took.push(performance.now() - began)
        }),
      )
      took.sort((a, b) => a - b)
      return { complete, p50: took[Math.floor(took.length / 2)], p99: took[Math.floor(took.length * 0.99)] }
    },
  }

answer<Question>((question) => acts[question.kind](question as never))
