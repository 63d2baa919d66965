import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { WebSocket as WsSocket } from 'ws'
import { balancedWebSocket, type BalanceOptions } from '../../client/index.ts'
import type { Endpoint } from '../../schemas/endpoints.ts'
import { until } from '../kit/until.ts'
import { settled, VirtualClock } from './virtual-clock.ts'

/** A socket whose other side is the test. */
class SimulatedSocket {
  static readonly OPEN = WebSocket.OPEN
  static readonly CLOSED = WebSocket.CLOSED
  static readonly CONNECTING = WebSocket.CONNECTING
  onopen: ((event: Event) => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onerror: ((event: Event) => void) | null = null
  onclose: ((event: { code: number; reason: string; wasClean: boolean }) => void) | null = null
  binaryType = 'blob'
  readyState: number = WebSocket.CONNECTING
  sent: unknown[] = []
  closedWith: unknown[] | undefined
  readonly url: string
  readonly protocols: unknown

  constructor(url: string, protocols: unknown) {
    this.url = url
    this.protocols = protocols
  }

  open(): void {
    this.readyState = WebSocket.OPEN
    this.onopen?.(new Event('open'))
  }

  closes(code: number): void {
    this.onclose?.({ code, reason: '', wasClean: code !== 1006 })
  }

  send(data: unknown): void {
    this.sent.push(data)
  }

  close(...how: unknown[]): void {
    this.closedWith = how
  }
}

const endpointOf = (id: string): Endpoint => ({
  id,
  url: `wss://${id}.example/connection/websocket`,
  capacity: 1,
  connections: 0,
  upForMs: 60_000,
})

/** A network of hosts by name, each of which lists the same nodes; a host that is `away` never answers. */
function network(nodes: string[], options: Partial<BalanceOptions> = {}) {
  const clock = new VirtualClock()
  const sockets: SimulatedSocket[] = []
  const asked: string[] = []
  const away = new Set<string>()
  const fetch = (url: string, { signal }: { signal: AbortSignal }) => {
    asked.push(url)
    const { hostname } = new URL(url)
    if (away.has(hostname.replace('.example', '')))
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
    return Promise.resolve(Response.json({ endpoints: nodes.map(endpointOf) }))
  }
  const Balanced = balancedWebSocket({
    seeds: ['https://seed1.example', 'https://seed2.example'],
    balance: 'round-robin' as const,
    clock,
    random: () => 0,
    fetch: fetch as unknown as typeof globalThis.fetch,
    WebSocket: class extends SimulatedSocket {
      constructor(url: string, protocols: unknown) {
        super(url, protocols)
        sockets.push(this)
      }
    } as unknown as typeof globalThis.WebSocket,
    ...options,
  })
  const open = (protocols?: string) => {
    const socket = new Balanced('wss://nobody.looks', protocols)
    const heard: unknown[] = []
    socket.onopen = () => heard.push('open')
    socket.onmessage = ({ data }) => heard.push(data)
    socket.onclose = ({ code, reason }) => heard.push(reason === '' ? code : `${code} ${reason}`)
    return { socket, heard }
  }
  const hosts = () => sockets.map(({ url }) => new URL(url).hostname.replace('.example', ''))
  return { clock, sockets, asked, away, nodes, open, hosts }
}

test('a socket is one of a node that the seeds list, with its protocol, and both ways lead through it', async () => {
  const { open, sockets, asked } = network(['a', 'b'])
  const { socket, heard } = open('centrifuge-protobuf')
  socket.binaryType = 'arraybuffer'
  assert.equal(socket.readyState, WebSocket.CONNECTING)
  await settled()
  const [under] = sockets
  assert.deepEqual(asked, ['https://seed1.example/endpoints'])
  assert.equal(under?.url, 'wss://a.example/connection/websocket')
  assert.deepEqual([under.protocols, under.binaryType], ['centrifuge-protobuf', 'arraybuffer'])
  under.open()
  assert.equal(socket.readyState, WebSocket.OPEN)
  socket.send('there')
  under.onmessage?.({ data: 'back' })
  assert.deepEqual([under.sent, heard], [['there'], ['open', 'back']])
  socket.close()
  assert.deepEqual([under.closedWith, heard.length], [[1000, ''], 2])
  await settled()
  assert.deepEqual([heard.at(-1), socket.readyState], [1000, WebSocket.CLOSED])
})

test('a node that refuses, or says nothing for 1.5 s, gives way to the next; without one it closes', async () => {
  const { open, sockets, hosts, clock } = network(['a', 'b', 'c'])
  const { heard } = open()
  await settled()
  sockets[0]!.closes(1006)
  await settled()
  await clock.advance(1_499)
  assert.deepEqual(hosts(), ['a', 'b'])
  await clock.advance(1)
  assert.deepEqual(hosts(), ['a', 'b', 'c'])
  sockets[2]!.onerror?.(new Event('error'))
  await settled()
  assert.deepEqual(heard, ['1006 no node takes the connection'])
})

test('a node that the page may not connect to, or whose address is none, gives way to the next', async () => {
  const made: string[] = []
  const { clock, open, nodes } = network(['insecure', 'well'], {
    WebSocket: class extends SimulatedSocket {
      constructor(url: string, protocols: unknown) {
        made.push(url)
        if (url.includes('insecure')) throw new DOMException('an insecure socket', 'SecurityError')
        super(url, protocols)
      }
    } as unknown as typeof globalThis.WebSocket,
    fetch: () =>
      Promise.resolve(
        Response.json({
          endpoints: [...nodes.map(endpointOf), { ...endpointOf('z'), url: 'nowhere' }],
        }),
      ),
  })
  const { heard, socket } = open()
  await settled()
  assert.deepEqual(made, [endpointOf('insecure').url, endpointOf('well').url])
  assert.deepEqual([heard, socket.readyState], [[], WebSocket.CONNECTING])
  await clock.advance(1_000)
  open()
  await settled()
  assert.ok(made.length > 2, 'the nodes are asked for anew, but the one without an address')
})

test('a node that broke off is left out at the next connect, and one that closed as usual is not', async () => {
  const { open, sockets, hosts, clock } = network(['a', 'b'], { balance: 'weight' })
  for (const code of [3008, 1006, 3008]) {
    open()
    await settled()
    sockets.at(-1)!.open()
    sockets.at(-1)!.closes(code)
  }
  assert.deepEqual(hosts(), ['a', 'a', 'b'])
  await clock.advance(1_000)
  open()
  await settled()
  assert.deepEqual(hosts(), ['a', 'a', 'b', 'a'])
})

test('who lists the nodes is asked once a second at most, and another if it does not answer', async () => {
  const { open, asked, away, clock, hosts, nodes } = network(['a'])
  open()
  await clock.advance(999)
  open()
  await settled()
  assert.equal(asked.length, 1)
  away.add('seed1')
  nodes.push('b')
  await clock.advance(1)
  open()
  await clock.advance(1_000)
  assert.deepEqual(asked.slice(1), ['https://seed1.example/endpoints', 'https://seed2.example/endpoints'])
  assert.ok(hosts().length >= 3, 'and there is a node all the same')
  await clock.advance(1_000)
  open()
  await settled()
  assert.equal(asked.at(-1), 'https://seed2.example/endpoints', 'who answered last is asked first')
})

test('if nobody lists the nodes, those of before are tried, and the seeds where there were none', async () => {
  const { open, away, clock, hosts } = network(['a'])
  away.add('seed1').add('seed2').add('a')
  open()
  await clock.advance(1_000)
  assert.deepEqual(hosts(), ['seed2'], 'the one that has not failed to answer so far')
  away.clear()
  await clock.advance(5_000)
  open()
  await settled()
  away.add('seed1').add('seed2').add('a')
  await clock.advance(5_000)
  open()
  await clock.advance(1_000)
  assert.deepEqual(hosts().slice(-2), ['a', 'a'])
})

test('a node that answers no more is left, one that does is kept', async () => {
  const { open, sockets, away, clock } = network(['a', 'b'], { watchEvery: 5_000 })
  const { heard } = open()
  await settled()
  sockets[0]!.open()
  await clock.advance(20_000)
  assert.deepEqual(heard, ['open'])
  away.add('a')
  await clock.advance(6_999)
  assert.deepEqual(heard, ['open'])
  await clock.advance(1)
  assert.deepEqual(heard, ['open', '1006 the node does not answer'])
})

test('a socket of the package ws that is given up while it opens ends no process', async (t) => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.after(() => silent.close())
  const url = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const made: WsSocket[] = []
  const { clock, open } = network([], {
    fetch: () => Promise.resolve(Response.json({ endpoints: [{ ...endpointOf('a'), url }] })),
    WebSocket: class extends WsSocket {
      constructor(url: string, protocols?: string) {
        super(url, protocols)
        made.push(this)
      }
    } as unknown as typeof globalThis.WebSocket,
  })
  const { heard } = open()
  await settled()
  await clock.advance(1_500)
  await until(() => made[0]?.readyState === WebSocket.CLOSED, { what: 'the socket to be closed' })
  assert.deepEqual(heard, ['1006 no node takes the connection'])
})

test('a socket that is closed before it has a node opens none', async () => {
  const { open, sockets } = network(['a'])
  const { socket, heard } = open()
  socket.close()
  await settled()
  assert.deepEqual([sockets, heard], [[], [1000]])
})

test('without seeds, or with one that is no address, there is nothing to begin with', () => {
  assert.throws(() => balancedWebSocket({ seeds: [] }), /name at least one address/)
  assert.throws(() => balancedWebSocket({ seeds: ['music'] }), TypeError)
})

test('options that cannot be are refused at once, by their name', () => {
  const seeds = ['https://one.music.example']
  assert.throws(() => balancedWebSocket({ seeds, balance: 'fastest' as never }), {
    name: 'TypeError',
    message: 'balance: expected one of round-robin, least-connections, weight, not "fastest"',
  })
  for (const seed of ['localhost:8000', 'one.music.example', 'ftp://one.music.example', 'https://'])
    assert.throws(() => balancedWebSocket({ seeds: [seed] }), {
      name: 'TypeError',
      message: `seeds: "${seed}" is no address like https://one.music.example`,
    })
})
