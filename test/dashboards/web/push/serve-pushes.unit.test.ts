import assert from 'node:assert/strict'
import { test } from 'node:test'
import { servePushes } from '../../../../dashboards/web/push/serve-pushes.ts'
import type { OpenPage, WorkerEvents, WorkerScope } from '../../../../dashboards/web/push/worker-scope.ts'

const origin = 'https://music.example'
const payload = { id: 'ada.1', title: 'New', body: 'because', lang: 'en', url: '/?notification=ada.1' }

/** A worker that writes down what is done with it. */
function worker(open: OpenPage[] = []) {
  const done: unknown[] = []
  const listeners = new Map<string, (event: never) => void>()
  const scope: WorkerScope = {
    location: { origin },
    registration: { showNotification: async (title, options) => void done.push([title, options]) },
    clients: { matchAll: async () => open, openWindow: async (url) => done.push(url) },
    skipWaiting: async () => void done.push('no wait'),
    addEventListener: (type, listener) => listeners.set(type, listener),
  }
  servePushes(scope)
  return {
    done,
    async happens<Type extends keyof WorkerEvents>(type: Type, event: Omit<WorkerEvents[Type], 'waitUntil'>) {
      let settled: Promise<unknown> | undefined
      const waitUntil = (promise: Promise<unknown>) => (settled = promise)
      listeners.get(type)!({ ...event, waitUntil } as never)
      await settled
    },
    click(url: unknown) {
      const notification = { tag: 'ada.1', data: { url } as unknown, close: () => done.push('closed') }
      return this.happens('notificationclick', { notification })
    },
  }
}

test('a new worker takes its place at once', async () => {
  const { done, happens } = worker()
  await happens('install', {})
  assert.deepEqual(done, ['no wait'])
})

test('a push is shown under its id', async () => {
  const { done, happens } = worker()
  await happens('push', { data: { text: () => JSON.stringify(payload) } })
  const { id: tag, title, body, lang, url } = payload
  assert.deepEqual(done, [[title, { body, lang, tag, data: { url } }]])
})

test('a push that says nothing shows nothing, and does not throw', async () => {
  const { done, happens } = worker()
  const texts = ['', '{', 'null', '7', '[]', '{}']
  const others = [{ id: '' }, { title: '' }, { title: 7 }, { body: null }, { lang: undefined }, { url: {} }]
  texts.push(...others.map((other) => JSON.stringify({ ...payload, ...other })))
  for (const text of texts) await happens('push', { data: { text: () => text } })
  await happens('push', { data: null })
  assert.deepEqual(done, [])
})

test('a click opens the page where none is open', async () => {
  const opened = worker()
  await opened.click(payload.url)
  assert.deepEqual(opened.done, ['closed', `${origin}${payload.url}`])
})

test('a click opens nothing but the page, wherever the push may lead', async () => {
  for (const url of [
    'https://elsewhere.example/',
    '//elsewhere.example/',
    'javascript:alert(1)',
    7,
    undefined,
  ]) {
    const opened = worker()
    await opened.click(url)
    assert.deepEqual(opened.done, ['closed', origin], String(url))
  }
})

test('a click brings the page that was looked at last to the front, and tells it which notification', async () => {
  const done: unknown[] = []
  const page = (name: string): OpenPage => ({
    focus: async () => done.push(`${name} in front`),
    postMessage: (message) => done.push([name, message]),
  })
  const opened = worker([page('last'), page('first')])
  await opened.click(payload.url)
  assert.deepEqual(done, [['last', { opened: 'ada.1' }], 'last in front'])
  assert.deepEqual(opened.done, ['closed'])
})
