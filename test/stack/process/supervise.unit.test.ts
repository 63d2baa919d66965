import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Child, Exit } from '../../../stack/process/child.ts'
import { supervise } from '../../../stack/process/supervise.ts'
import { until } from '../../kit/until.ts'

/** A child without a process, which ends when the test says so. */
function someChild(pid: number) {
  const { promise: exited, resolve: end } = Promise.withResolvers<Exit>()
  const ended = (signal: NodeJS.Signals | null) => {
    end({ code: signal ? null : 1, signal })
    return exited
  }
  const child: Child = {
    pid,
    logFile: '',
    exited,
    stop: () => ended('SIGTERM'),
    kill: () => ended('SIGKILL'),
  }
  return { child, crash: () => ended(null) }
}

function supervised({ restart = true, failures = 0 } = {}) {
  const children: ReturnType<typeof someChild>[] = []
  const lines: string[] = []
  let launches = 0
  const process = supervise({
    title: 'Kafka',
    restart,
    progress: (line) => lines.push(line),
    backoff: { first: 1, most: 4 },
    launch: () => {
      launches++
      if (children.length > 0 && launches <= 1 + failures) return Promise.reject(new Error('no luck'))
      const child = someChild(launches)
      children.push(child)
      return Promise.resolve(child.child)
    },
  })
  return { process, children, lines }
}

test('a child that ends by itself is started again', async () => {
  const { process, children, lines } = supervised()
  await process.start()
  assert.equal(process.pid(), 1)
  await children[0]?.crash()
  await until(() => process.pid() === 2, { what: 'the second child' })
  assert.deepEqual(lines, ['Kafka ended with code 1; starting it again'])
  await process.stop(100)
  assert.equal(process.pid(), undefined)
})

test('a start that fails is tried again, and told', async () => {
  const { process, children, lines } = supervised({ failures: 4 })
  await process.start()
  await children[0]?.crash()
  await until(() => process.pid() === 6, { what: 'the second child' })
  assert.deepEqual(lines.slice(1), ['no luck', 'no luck', 'no luck', 'no luck'])
  await process.stop(100)
})

test('a child that is stopped or killed stays down, until it is started', async () => {
  const { process, lines } = supervised()
  await process.start()
  await process.kill()
  assert.equal(process.pid(), undefined)
  await process.start()
  assert.equal(process.pid(), 2)
  await process.stop(100)
  assert.deepEqual(lines, [])
})

test('without restart a child that ends stays down', async () => {
  const { process, children, lines } = supervised({ restart: false })
  await process.start()
  await children[0]?.crash()
  await until(() => lines.length > 0, { what: 'the line that it has ended' })
  assert.deepEqual(lines, ['Kafka ended with code 1'])
  await process.stop(100)
})

test('a stop while it waits to start again ends the wait', async () => {
  const { process, children, lines } = supervised({ failures: 1e9 })
  await process.start()
  await children[0]?.crash()
  await until(() => lines.includes('no luck'), { what: 'a failed start' })
  await process.stop(100)
  assert.equal(process.pid(), undefined)
})

test('a stop while it starts for the first time gives the start up', async () => {
  const process = supervise({
    title: 'Kafka',
    restart: true,
    progress: () => {},
    launch: (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('given up'))
        })
      }),
  })
  const started = assert.rejects(process.start(), /given up/)
  await process.stop(100)
  await started
})
