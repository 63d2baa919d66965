import { type Socket, connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { measure } from '../measured.ts'

/**
 * `BENCH_USERS` who ask for `BENCH_PATH` on `BENCH_PORT`, each on a connection of its own, for `BENCH_SECONDS`: each once in `BENCH_EVERY_MS`, or with 0 as soon as
 * it has its answer. Tells how long answers took, in ms, from when they were to be asked for; the first second warms up.
 */
const { BENCH_PORT, BENCH_PATH, BENCH_USERS, BENCH_EVERY_MS, BENCH_SECONDS, BENCH_AUTHORIZATION } =
  process.env
const every = Number(BENCH_EVERY_MS)
const request = [
  `GET ${BENCH_PATH} HTTP/1.1`,
  'host: 127.0.0.1',
  ...(BENCH_AUTHORIZATION ? [`authorization: ${BENCH_AUTHORIZATION}`] : []),
  '\r\n',
].join('\r\n')

const WARM_MS = 1_000
const began = performance.now()
const ends = began + WARM_MS + Number(BENCH_SECONDS) * 1_000
const took: number[] = []

/** Asks once, and waits for the whole answer. @throws if it is not 200 */
function asked(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let head = ''
    let missing = Infinity
    const take = (bytes: Buffer): void => {
      if (missing === Infinity) {
        head += bytes.toString('latin1')
        const end = head.indexOf('\r\n\r\n')
        if (end < 0) return
        if (!head.startsWith('HTTP/1.1 200')) return reject(new Error(head))
        missing = Number(/content-length: (\d+)/i.exec(head)![1]) - (head.length - end - 4)
      } else missing -= bytes.length
      if (missing > 0) return
      socket.off('data', take)
      resolve()
    }
    socket.on('data', take)
    socket.write(request)
  })
}

async function user(): Promise<void> {
  const socket = connect(Number(BENCH_PORT), '127.0.0.1').setNoDelay()
  let due = began + Math.random() * every
  while (Math.max(due, performance.now()) < ends) {
    if (every > 0) await pause(Math.max(0, due - performance.now()))
    else due = performance.now()
    await asked(socket)
    if (due > began + WARM_MS) took.push(performance.now() - due)
    due += every
  }
  socket.destroy()
}

await measure(async () => {
  await Promise.all(Array.from({ length: Number(BENCH_USERS) }, user))
  const sorted = took.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(share * sorted.length)]!
  return { rows: sorted.length, quantiles: { p50: at(0.5), p95: at(0.95), p99: at(0.99) } }
})
