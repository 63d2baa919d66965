import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { channelOf, channels, ownChannels } from '../../../../schemas/channels.ts'
import { pseudonyms } from '../../../../schemas/pseudonym.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { channelTokenOf, testGateway, tokenOf } from '../../kit/gateway.ts'
import { type RawClient, rawClient } from '../../kit/raw-client.ts'

const pseudonymOf = pseudonyms([randomBytes(32)]).listener
const own = ownChannels.recommendations

/** Every kind of channel, and names that are near to one. */
const names = {
  public: channels.topArtists,
  own,
  artist: 'artist:42',
  room: 'room:lobby',
  none: [
    '',
    ...`top-artist,${own}s,artist:,artist:a b,artist:{x},artist:x}:log,room,room:,lobby,*`.split(','),
  ],
  ofOthers: [channelOf(own, pseudonymOf('ada')), channelOf(own, pseudonymOf('bob')), `${own}:ada`],
}

const kindOf = (name: string) =>
  (['public', 'own', 'artist', 'room'] as const).find((kind) => names[kind] === name) ?? 'none'

const tokens = [
  'none',
  'valid',
  'of another channel',
  'of another listener',
  'expired',
  'forged',
  'to connect',
] as const
type Token = (typeof tokens)[number]

async function tokenFor(kind: Token, channel: string): Promise<string> {
  if (kind === 'none') return ''
  if (kind === 'valid') return channelTokenOf(channel, 'ada')
  if (kind === 'of another channel') return channelTokenOf(`${channel}x`, 'ada')
  if (kind === 'of another listener') return channelTokenOf(channel, 'bob')
  if (kind === 'expired') return channelTokenOf(channel, 'ada', -10)
  if (kind === 'to connect') return tokenOf('ada')
  return (await channelTokenOf(channel, 'ada')).slice(0, -3)
}

/** What should come of it, written down once more: the code of the refusal, or 0. */
function maySubscribe(name: string, token: Token): number {
  const kind = kindOf(name)
  if (name === '') return 107
  if (kind === 'none') return 103
  if (token === 'none') return kind === 'room' ? 103 : 0
  if (token === 'expired') return 109
  return token === 'valid' ? 0 : 103
}

const commands = ['publish', 'history', 'presence', 'presence_stats', 'sub_refresh'] as const
function mayDo(name: string, command: (typeof commands)[number], subscribed: boolean): number {
  const kind = kindOf(name)
  if (name === '') return 107
  if (kind === 'none') return 103
  const offered = kind === 'room' || command === 'history' || command === 'sub_refresh'
  if (!offered) return 108
  return subscribed ? 0 : 103
}

const all = [names.public, names.own, names.artist, names.room, ...names.none, ...names.ofOthers]

let lastId = 1

/** Gives commands, as many as a frame may hold at a time, and tells the code of each answer. */
async function codesOf(raw: RawClient, given: readonly object[]): Promise<number[]> {
  const numbered = given.map((command) => ({ id: (lastId += 1), ...command }))
  for (let from = 0; from < numbered.length; from += 60) {
    raw.send(...numbered.slice(from, from + 60))
    await raw.reply(lastId - numbered.length + Math.min(from + 60, numbered.length))
  }
  return numbered.map(({ id }) => raw.frames.find((frame) => frame.id === id)?.error?.code ?? 0)
}

async function connected(t: TestContext) {
  const gateway = await testGateway(t, { ...(await services()), pseudonymOf })
  const raw = await rawClient(t, gateway.url)
  await raw.connect('ada')
  return raw
}

test('who may subscribe, by every channel and token', async (t) => {
  const raw = await connected(t)
  const cases = all.flatMap((channel) => tokens.map((kind) => ({ channel, kind })))
  const given = await Promise.all(
    cases.map(async ({ channel, kind }) => [
      { subscribe: { channel, token: await tokenFor(kind, channel) } },
      { unsubscribe: { channel } },
    ]),
  )
  const codes = await codesOf(raw, given.flat())
  for (const [index, { channel, kind }] of cases.entries())
    assert.equal(codes[2 * index], maySubscribe(channel, kind), `${channel} with a token ${kind}`)
  assert.equal(raw.closed, undefined)
})

test('who may publish, and see history and presence, by every channel', async (t) => {
  const raw = await connected(t)
  for (const subscribed of [false, true]) {
    const tokensFor = await Promise.all(all.map((channel) => channelTokenOf(channel || 'x', 'ada')))
    if (subscribed)
      await codesOf(
        raw,
        all.map((channel, index) => ({ subscribe: { channel, token: tokensFor[index] } })),
      )
    const cases = all.flatMap((channel, index) =>
      commands.map((command) => ({ channel, command, token: tokensFor[index] })),
    )
    const codes = await codesOf(
      raw,
      cases.map(({ channel, command, token }) => ({ [command]: { channel, token, data: 1 } })),
    )
    for (const [index, { channel, command }] of cases.entries())
      assert.equal(
        codes[index],
        mayDo(channel, command, subscribed),
        `${command} in ${channel}, ${subscribed ? '' : 'not '}subscribed`,
      )
  }
  assert.equal(raw.closed, undefined)
})

test('a message that asks for no reply closes with a code of its own', async (t) => {
  const raw = await connected(t)
  raw.send({ send: { data: 1 } })
  await until(() => raw.closed, { what: 'the close' })
  assert.deepEqual(raw.closed, { code: 3508, reason: 'not available' })
})
