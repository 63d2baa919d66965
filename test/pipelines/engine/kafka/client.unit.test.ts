import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import { type KafkaOptions, connectKafka } from '../../../../pipelines/engine/kafka/client.ts'
import { until } from '../../../kit/until.ts'

const program = join(import.meta.dirname, '../../fixtures/connect.ts')

const API_VERSIONS = 18
const SASL_HANDSHAKE = 17
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']

/** A broker that speaks just enough to let a client begin to log in, and keeps what it was sent. */
async function loginBroker(t: TestContext) {
  const bytes: Buffer[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data: Buffer) => {
      bytes.push(data)
      const isRequest = data.length >= 12 && data.readInt32BE(0) === data.length - 4
      if (isRequest) answer(socket, data.readInt32BE(8), data.readInt16BE(4))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return {
    broker: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => Buffer.concat(bytes),
  }
}

/** Size, correlation id, then the body of the answer (Kafka protocol guide, "Protocol Messages"). */
function answer(socket: Socket, correlationId: number, apiKey: number): void {
  const noError = [0, 0]
  const offered = [API_VERSIONS, SASL_HANDSHAKE]
  const bodies: Record<number, number[]> = {
    // error, count of (key, lowest version, highest version)
    [API_VERSIONS]: [...noError, 0, 0, 0, offered.length, ...offered.flatMap((key) => [0, key, 0, 0, 0, 0])],
    // error, count of mechanisms, each with its length
    [SASL_HANDSHAKE]: [...noError, 0, 0, 0, mechanisms.length, ...mechanisms.flatMap(shortString)],
  }
  const body = bodies[apiKey]
  if (body === undefined) return
  const response = Buffer.alloc(8 + body.length)
  response.writeInt32BE(4 + body.length, 0)
  response.writeInt32BE(correlationId, 4)
  Buffer.from(body).copy(response, 8)
  socket.write(response)
}

const shortString = (text: string) => [0, text.length, ...Buffer.from(text)]

/** Connects in a process of its own, since a client of ours never gives up. */
function connect(t: TestContext, given: Omit<KafkaOptions, 'log'>) {
  const child = spawn(process.execPath, [program, JSON.stringify(given)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const log: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => log.push(text))
  return { log: () => log.join('') }
}

async function connecting(t: TestContext, given: Partial<KafkaOptions>) {
  const { broker, received } = await loginBroker(t)
  connect(t, { clientId: 'who-asks', brokers: [broker], tls: false, ...given })
  return received
}

const received = (bytes: () => Buffer, what: string) =>
  until(() => bytes().includes(what), { what: `${what} to be sent` })

test('without TLS the client says who it is at once', async (t) => {
  await received(await connecting(t, {}), 'who-asks')
})

for (const tls of [true, { rejectUnauthorized: false }])
  test(`with TLS nothing is said before the handshake: ${JSON.stringify(tls)}`, async (t) => {
    const bytes = await connecting(t, { tls })
    await until(() => bytes().length > 0, { what: 'a first record' })
    const TLS_HANDSHAKE = 22
    assert.equal(bytes()[0], TLS_HANDSHAKE)
    assert.ok(!bytes().includes('who-asks'))
  })

for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const)
  test(`SASL ${mechanism} is what the client logs in with, as its user`, async (t) => {
    const bytes = await connecting(t, { sasl: { mechanism, username: 'ada', password: 's3cret' } })
    await received(bytes, mechanism.toUpperCase())
    await received(bytes, 'ada')
    assert.equal(bytes().includes('s3cret'), mechanism === 'plain')
  })

test('what kafkajs recovers from is a warning, the rest is for debugging; neither holds a password', async (t) => {
  const sasl = { mechanism: 'plain', username: 'ada', password: 's3cret' } as const
  const { log } = connect(t, { clientId: 'test', brokers: ['127.0.0.1:1'], tls: false, sasl })
  const lines = () =>
    log()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { level: number; kafkajs: string; msg: string })
  await until(() => lines().filter(({ level }) => level === 40).length >= 2, { what: 'two warnings' })
  assert.ok(lines().every(({ level }) => level === 20 || level === 40))
  assert.ok(
    lines().some(({ kafkajs, msg }) => kafkajs === 'Connection' && msg.startsWith('Connection error')),
  )
  assert.doesNotMatch(log(), /s3cret/)
})

for (const [reason, lines] of [
  ["The coordinator is loading and hence can't process requests for this group", 0],
  ['The group coordinator is not available', 1],
] as const)
  test(`of "${reason}" ${lines === 0 ? 'nobody hears' : 'everybody hears'}`, () => {
    const said: string[] = []
    const log = pino({ level: 'warn' }, { write: (line) => said.push(line) })
    const kafka = connectKafka({ clientId: 'who-asks', brokers: ['nowhere:1'], tls: false, log })
    kafka.logger().error('Response InitProducerId(key: 22, version: 1)', { error: reason })
    assert.equal(said.length, lines)
  })
