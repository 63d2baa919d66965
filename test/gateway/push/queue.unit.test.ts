import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Job, type JobHandler, type Next, Queue } from '../../../gateway/push/queue.ts'
import { notification } from './push-room.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A queue, and what its handler is asked; `answers` are what it says of jobs, by their name, one after the other. */
function queueOf(t: TestContext, answers: Record<string, (Next | Promise<Next>)[]>, carried: string[] = []) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 })
  const asked: string[] = []
  const settled: string[] = []
  const nameOf = ({ notification: { notificationId } }: Job) => notificationId.split('.')[1]!
  const handler: JobHandler = {
    async attend(job) {
      asked.push(`${nameOf(job)}+${job.others}`)
      return (await answers[nameOf(job)]?.shift()) ?? 'settled'
    },
    canYield: (job) => !carried.includes(nameOf(job)),
    supersede(job, by) {
      by.others += job.others + 1
      asked.push(`${nameOf(job)} yields`)
      return Promise.resolve()
    },
  }
  const failures: unknown[] = []
  const queue = new Queue({ handler, concurrency: 2, now: Date.now, crash: (error) => failures.push(error) })
  return {
    queue,
    asked,
    settled,
    failures,
    add(name: string, listener = 'ada', partition = 0, createdAt = Date.now()) {
      const told = { ...notification({ listener, createdAt }), notificationId: `${listener}.${name}` }
      queue.add({
        notification: told,
        partition,
        others: 0,
        isOurs: () => true,
        settled: () => settled.push(name),
      })
    },
    async pass(ms: number) {
      t.mock.timers.tick(ms)
      for (let turns = 0; turns < 10; turns++) await turn()
    },
  }
}

test('of those that wait for a time the newest stands for all, and is attended to at once', async (t) => {
  const { add, pass, asked, settled, queue } = queueOf(t, { one: [{ again: 1_000 }] })
  add('one')
  await pass(0)
  add('two')
  await pass(0)
  assert.deepEqual(asked, ['one+0', 'one yields', 'two+1'])
  assert.deepEqual(settled.toSorted(), ['one', 'two'])
  assert.equal(queue.size, 0)
})

test('one that came while the one before was attended to takes its place, if that has to wait', async (t) => {
  const { add, pass, asked, settled } = queueOf(t, { one: [{ again: 1_000 }], two: [{ again: 500 }] })
  for (const name of ['one', 'two', 'three']) add(name)
  await pass(0)
  assert.deepEqual(asked, ['one+0', 'two yields', 'one yields', 'three+2'])
  assert.deepEqual(settled.toSorted(), ['one', 'three', 'two'])
})

test('one that may have arrived is carried through first, and the newest comes after it', async (t) => {
  const { add, pass, asked } = queueOf(t, { one: [{ again: 1_000 }] }, ['one'])
  for (const name of ['one', 'two', 'three']) add(name)
  await pass(0)
  assert.deepEqual(asked, ['one+0', 'two yields'])
  await pass(999)
  assert.equal(asked.length, 2)
  await pass(1)
  assert.deepEqual(asked.slice(2), ['one+0', 'three+1'])
})

test('the same notification once more, while it waits, changes nothing', async (t) => {
  const { add, pass, asked, settled } = queueOf(t, { one: [{ again: 1_000 }, { again: 1_000 }] })
  add('one')
  await pass(0)
  add('one')
  await pass(0)
  assert.deepEqual([asked, settled], [['one+0', 'one+0'], ['one']])
  await pass(1_000)
  assert.deepEqual([asked.length, settled], [3, ['one', 'one']])
})

test('who waits is attended to when what is waited for may have changed', async (t) => {
  const { add, pass, asked, queue } = queueOf(t, { one: [{ again: 1_000 }] })
  add('one')
  await pass(0)
  queue.wake('nobody')
  queue.wake('ada')
  await pass(0)
  assert.deepEqual(asked, ['one+0', 'one+0'])
  await pass(2_000)
  assert.equal(asked.length, 2)
})

test('so many listeners are attended to at a time, and one does not hold up another', async (t) => {
  const slow = Promise.withResolvers<Next>()
  const { add, pass, asked, queue } = queueOf(t, { one: [slow.promise] })
  add('one', 'ada')
  for (const name of ['two', 'three', 'four']) add(name, name)
  await pass(0)
  assert.deepEqual(asked, ['one+0', 'two+0', 'three+0', 'four+0'])
  slow.resolve('settled')
  await pass(0)
  assert.equal(queue.size, 0)
})

test('what is of a partition that is lost is dropped, and what is being attended to is carried through', async (t) => {
  const slow = Promise.withResolvers<Next>()
  const { add, pass, asked, settled, queue } = queueOf(t, { one: [slow.promise], two: [{ again: 10 }] })
  add('one', 'ada', 1)
  add('two', 'bob', 1)
  add('three', 'eve', 2)
  await pass(0)
  queue.drop(new Set([1]))
  slow.resolve('settled')
  await pass(100)
  assert.deepEqual(asked, ['one+0', 'two+0', 'three+0'])
  assert.deepEqual(settled.toSorted(), ['one', 'three'])
})

test('what fails ends the process; but not what was left open at a stop', async (t) => {
  const failing = Promise.withResolvers<Next>()
  const { add, pass, failures, queue } = queueOf(t, {
    one: [Promise.reject(new Error('first'))],
    two: [failing.promise],
  })
  add('one', 'ada')
  add('two', 'bob')
  await pass(0)
  assert.match(String(failures), /first/)
  const stopped = queue.stop()
  failing.reject(new Error('second'))
  await stopped
  assert.equal(failures.length, 1)
})

test('an older one that comes late, given back or once more, is told of with the newer that waits', async (t) => {
  const { add, pass, asked, settled } = queueOf(t, { new: [{ again: 1_000 }] })
  add('new', 'ada', 0, 10)
  await pass(0)
  add('old', 'ada', 0, 9)
  await pass(0)
  assert.deepEqual(asked, ['new+0', 'old yields'])
  await pass(1_000)
  assert.deepEqual(asked.slice(2), ['new+1'])
  assert.deepEqual(settled, ['old', 'new'])
})

test('an older one that may have arrived is carried through all the same', async (t) => {
  const { add, pass, asked } = queueOf(t, { new: [{ again: 1_000 }] }, ['old', 'new'])
  add('new', 'ada', 0, 10)
  await pass(0)
  add('old', 'ada', 0, 9)
  await pass(1_000)
  assert.deepEqual(asked, ['new+0', 'new+0', 'old+0'])
})

test('an older one that comes while the newer is being sent is sent itself: nobody would tell of it any more', async (t) => {
  const sending = Promise.withResolvers<Next>()
  const { add, pass, asked, settled } = queueOf(t, { new: [sending.promise] })
  add('new', 'ada', 0, 10)
  await pass(0)
  add('old', 'ada', 0, 9)
  await pass(0)
  sending.resolve('settled')
  await pass(0)
  assert.deepEqual(asked, ['new+0', 'old+0'])
  assert.deepEqual(settled, ['new', 'old'])
})

test('an older one that came while the newer was attended to is told of with that, if it has to wait', async (t) => {
  const deciding = Promise.withResolvers<Next>()
  const { add, pass, asked, settled } = queueOf(t, { new: [deciding.promise] })
  add('new', 'ada', 0, 10)
  await pass(0)
  add('old', 'ada', 0, 9)
  deciding.resolve({ again: 1_000 })
  await pass(0)
  assert.deepEqual(asked, ['new+0', 'old yields'])
  await pass(1_000)
  assert.deepEqual(asked.slice(2), ['new+1'])
  assert.deepEqual(settled, ['old', 'new'])
})

test('one that may have arrived does not take the place of a newer one that waits', async (t) => {
  const { add, pass, asked } = queueOf(t, { new: [{ again: 1_000 }] }, ['old'])
  add('new', 'ada', 0, 10)
  await pass(0)
  add('old', 'ada', 0, 9)
  await pass(1_000)
  assert.deepEqual(asked, ['new+0', 'new+0', 'old+0'])
})
