import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { channels } from '../../../../schemas/channels.ts'
import { startBrowser, type OpenPage, type TestBrowser } from '../../../kit/browser.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway, tokenOf } from '../../kit/gateway.ts'
import { testPublisher } from '../../kit/publisher.ts'
import { range } from '../../kit/sdk-client.ts'
import { tcpProxy } from '../../kit/tcp-proxy.ts'

/** What the script of the kept client leaves in a page, and what ours notes there. */
interface Window {
  Centrifuge: new (
    url: string,
    options: object,
  ) => {
    newSubscription(channel: string): Emitter & { subscribe(): void }
    connect(): void
  } & Emitter
  offsets: number[]
  data: string[]
  recovered: boolean[]
}
interface Emitter {
  on(event: string, handle: (context: { offset: number; data: unknown; recovered: boolean }) => void): void
}

const dist = join(dirname(createRequire(import.meta.url).resolve('centrifuge')), '../dist')
const channel = channels.topArtists

let browser: TestBrowser
const site = createServer((_, response) =>
  response.setHeader('content-type', 'text/html').end('<!doctype html>'),
)
before(async () => {
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  browser = await startBrowser()
})
after(async () => {
  await browser.close()
  site.close()
})

async function subscribeIn({ page }: OpenPage, script: string, url: string): Promise<void> {
  await page.addScriptTag({ path: join(dist, script) })
  await page.evaluate(
    ([at, token, name]) => {
      const here = globalThis as unknown as Window
      Object.assign(here, { offsets: [], data: [], recovered: [] })
      const client = new here.Centrifuge(at, { token, minReconnectDelay: 20, maxReconnectDelay: 100 })
      const subscription = client.newSubscription(name)
      subscription.on('subscribed', ({ recovered }) => here.recovered.push(recovered))
      subscription.on('publication', ({ offset, data }) => {
        here.offsets.push(offset)
        here.data.push(data instanceof Uint8Array ? new TextDecoder().decode(data) : JSON.stringify(data))
      })
      subscription.subscribe()
      client.connect()
    },
    [url, await tokenOf(), channel] as const,
  )
}

for (const script of ['centrifuge.js', 'centrifuge.protobuf.js']) {
  test(`a page with ${script} hears what is published, and recovers what it missed`, async (t) => {
    const { redisUrl } = await services()
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
    const gateway = await testGateway(t, { redisUrl, allowedOrigins: [origin] })
    const publisher = testPublisher({ redisUrl, keyPrefix: gateway.keyPrefix, channel })
    t.after(() => publisher.close())
    await publisher.publish({ n: 1 })
    const wire = await tcpProxy(gateway.port)
    t.after(() => wire.close())
    const open = await browser.open(origin)
    t.after(() => open.close())
    await subscribeIn(open, script, `ws://127.0.0.1:${wire.port}/connection/websocket`)
    const noted = () =>
      open.page.evaluate(() => {
        const { offsets, data, recovered } = globalThis as unknown as Window
        return { offsets, data, recovered }
      })
    await until(async () => (await noted()).recovered.length === 1, { what: 'the subscription' })
    await publisher.publish({ n: 2 })
    await until(async () => (await noted()).offsets.length === 1, { what: 'a publication' })
    wire.cut()
    for (const n of range(3, 9)) await publisher.publish({ n })
    wire.mend()
    await until(async () => (await noted()).offsets.length >= 8, { what: 'what was missed' })
    const { offsets, data, recovered } = await noted()
    assert.deepEqual(offsets, range(2, 9))
    assert.deepEqual(
      data,
      range(2, 9).map((n) => `{"n":${n}}`),
    )
    assert.deepEqual(recovered, [false, true])
  })
}
