import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { balancedWebSocket } from '../../client/index.ts'
import { channels } from '../../schemas/channels.ts'
import { websocketPath } from '../../schemas/endpoints.ts'
import { testGateway, type TestGateway } from '../gateway/kit/gateway.ts'
import { testPublisher } from '../gateway/kit/publisher.ts'
import { listen, range, sdkClient } from '../gateway/kit/sdk-client.ts'
import { tcpProxy, type TcpProxy } from '../gateway/kit/tcp-proxy.ts'
import { services } from '../kit/services.ts'
import { until } from '../kit/until.ts'

const channel = channels.topArtists
/** Three times what is promised, for a machine that has other things to do. */
const within = 9_000

interface ProxiedNode {
  gateway: TestGateway
  wire: TcpProxy
  origin: string
}

/** A node whose machine can vanish: clients reach it over a wire only. */
async function proxiedNode(t: TestContext, redisUrl: string, keyPrefix: string): Promise<ProxiedNode> {
  const wire = await tcpProxy(0)
  t.after(() => wire.close())
  const origin = `http://127.0.0.1:${wire.port}`
  const gateway = await testGateway(t, {
    redisUrl,
    keyPrefix,
    publicUrl: `ws://127.0.0.1:${wire.port}${websocketPath}`,
    times: { beatEvery: 100, nodeLife: 1_000 },
  })
  wire.leadTo(gateway.port)
  return { gateway, wire, origin }
}

for (const end of ['cut', 'freeze'] as const)
  test(`clients of a node that is gone (${end}) are with another within 3 s, and have missed nothing`, async (t) => {
    const { redisUrl } = await services()
    const keyPrefix = `test-${randomUUID()}:`
    const publisher = testPublisher({ redisUrl, keyPrefix, channel })
    t.after(() => publisher.close())
    // A stream that has not begun has no position to come back to.
    await publisher.publish('first')
    const nodes = [
      await proxiedNode(t, redisUrl, keyPrefix),
      await proxiedNode(t, redisUrl, keyPrefix),
      await proxiedNode(t, redisUrl, keyPrefix),
    ]
    const seeds = nodes.map(({ origin }) => origin)
    await until(
      async () => (await (await fetch(`${seeds[0]}/endpoints`)).text()).split('"id"').length === 4,
      {
        what: 'all three nodes',
      },
    )
    const websocket = balancedWebSocket({ seeds, balance: 'round-robin', watchEvery: 300 })
    const clients = Array.from({ length: 6 }, () => {
      const sdk = sdkClient(t, 'ws://the.seeds.decide', { websocket, minReconnectDelay: 50, timeout: 5_000 })
      const heard = listen(sdk, channel)
      sdk.client.connect()
      return heard
    })
    await until(() => clients.every(({ subscribed }) => subscribed.length > 0), { what: 'all clients' })
    const connections = async (some: ProxiedNode[]) => {
      const each = some.map(({ gateway }) => gateway.metric('continuo_gateway_connections'))
      return (await Promise.all(each)).reduce((sum, count) => sum + count)
    }
    const [gone, ...others] = nodes
    assert.ok((await connections([gone!])) > 0)

    await publisher.publish('before')
    gone!.wire[end]()
    await publisher.publish('meanwhile')
    const since = performance.now()
    await until(async () => (await connections(others)) === 6, {
      what: 'all clients to be with the others',
      within,
    })
    t.diagnostic(`${end}: all with another node after ${Math.round(performance.now() - since)} ms`)
    await publisher.publish('after')
    await until(() => clients.every(({ offsets }) => offsets.length === 3), { what: 'everything', within })
    for (const { offsets } of clients) assert.deepEqual(offsets, range(2, 4))
    gone!.wire.mend()
  })
