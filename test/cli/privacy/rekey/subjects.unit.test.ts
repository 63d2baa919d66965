import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Admin } from 'kafkajs'
import { storesByListener } from '../../../../cli/privacy/rekey/listener-stores.ts'
import { renameOf, subjectsIn } from '../../../../cli/privacy/rekey/subjects.ts'
import { shapeOf, topologyNames } from '../../../../cli/shapes.ts'
import { describe } from '../../../../pipelines/engine/index.ts'
import { pseudonyms } from '../../../../schemas/pseudonym.ts'
import { openSubscription, sealSubscription } from '../../../../schemas/push-subscriptions.ts'
import type { SealingKey } from '../../../../schemas/seal.ts'
import { topics } from '../../../../schemas/topics.ts'
import { codecFor } from '../../../schemas/codec-for.ts'

const names = pseudonyms([Buffer.alloc(32, 2)])
const subjects = (all: string[], prefix = '') =>
  subjectsIn({ listTopics: () => Promise.resolve(all) } as unknown as Admin, prefix)

test('of each store that there is it is said whether it lies under listeners', () => {
  const stores = Object.fromEntries(
    topologyNames.map((name) => [
      name,
      describe(shapeOf(name))
        .stores.map((store) => store.name)
        .sort(),
    ]),
  )
  const said = Object.fromEntries(
    Object.entries(storesByListener).map(([name, each]) => [name, Object.keys(each).sort()]),
  )
  assert.deepEqual(said, stores)
})

test('topics with pseudonyms are those of each version, state under listeners, and replays behind the door', async () => {
  const mine = {
    'p.plays-clean': 'rename',
    'p.plays-by-artist': 'empty',
    'p.plays-by-artist.v2': 'empty',
    'p.recommendations.v3': 'rename',
    'p.recommendations-fold-tastes-changelog': 'rename',
    'p.recommendations.v3-fold-window-1-changelog': 'rename',
    'p.clickhouse-sink-replay': 'empty',
    'p.clickhouse-sink.listening-totals.v2-replay': 'empty',
    'p.redis-lists-sink-replay': 'empty',
    'p.push-replay': 'empty',
  }
  const others = [
    'plays-clean',
    'q.plays-clean',
    'p.plays',
    'p.artist-totals',
    'p.anonymise-replay',
    'p.redis-sink-replay',
    'p.redis-sink.listening-totals.v2-replay',
    'p.anonymise-deduplicate-1-changelog',
    'p.recommendations-stream-time-changelog',
    'p.listening-totals-fold-window-1-changelog',
    'p.x.recommendations-fold-tastes-changelog',
  ]
  const found = await subjects([...Object.keys(mine), ...others], 'p.')
  assert.deepEqual(Object.fromEntries(found.map(({ name, how }) => [name, how])), mine)
})

test('entries of state go under the new name, what is of all listeners stays', async () => {
  const [state] = await subjects(['recommendations-fold-window-1-changelog'])
  const rename = renameOf(state!, { names } as Parameters<typeof renameOf>[1])
  const renamed = (key: string) => {
    const record = { key: Buffer.from(key), value: null, partition: 0, offset: 0n, timestamp: 0 }
    return rename({ ...record, topic: state!.name, headers: {} })?.key
  }
  const now = names.listener('ada')
  for (const head of ['0/', '12/', '0/1767225600000:', '0/-5:', '3/partly-late 1767225600000:'])
    assert.equal(renamed(`${head}ada`), head + now)
  for (const key of ['0/stream-time', '0/cut into tumbling windows, sizeMs 1000, advanceMs 1000, graceMs 0'])
    assert.equal(renamed(key), key)
  for (const key of ['ada', '0/', '0/a:b:ada', 'x/ada', '0/1767225600000:ada:late'])
    assert.throws(() => renamed(key), /nobody has said whose/, key)
})

const [ours, theirs] = [1, 2].map((n) => ({ id: 'k1', bytes: Buffer.alloc(32, n) }))
const device = { endpoint: 'https://push.example/1', keys: { p256dh: 'p', auth: 'a' } }

/** Brings devices that were sealed by `ours` into the new epoch. */
async function renaming(pushKey: SealingKey, leaveOut = false) {
  const codec = await codecFor(topics.pushSubscriptions)
  const [subject] = await subjects(['push-subscriptions'])
  const rename = renameOf(subject!, { codec, names, pushKey, leaveOut })
  const sealed = sealSubscription(ours!, { listener: 'ada', device, changedAt: 1 })
  const good = codec.encode(topics.pushSubscriptions, sealed)
  const unknown = Buffer.from([0, 0, 0, 0, 9, 0])
  await codec.load([good, unknown])
  const at = { topic: 'push-subscriptions', partition: 3, offset: 7n, timestamp: 0, headers: {} }
  const of = (value: Buffer) => rename({ ...at, key: Buffer.from(`ada.${sealed.deviceId}`), value })
  return { codec, of, good, unknown, cut: good.subarray(0, 9) }
}

test('a device is sealed anew; by a PUSH_KEY that is not the one that sealed it nothing is lost, whatever may be left out', async () => {
  const { codec, of, good } = await renaming(ours!)
  const after = codec.decode(topics.pushSubscriptions, of(good)!.value)
  assert.equal(after.listener, names.listener('ada'))
  assert.deepEqual(openSubscription(ours!, after), device)
  for (const leaveOut of [false, true]) {
    const wrong = await renaming(theirs!, leaveOut)
    assert.throws(() => wrong.of(wrong.good), {
      name: 'RekeyError',
      message: /PUSH_KEY does not open what k1/,
    })
  }
})

test('what nobody can read is refused, by its place, and lost only if that is asked for', async () => {
  const other = { ...theirs!, id: 'k2' }
  const { of, good, unknown, cut } = await renaming(other)
  const whys = [/sealed by the key k1, and PUSH_KEY_ID is k2/, /unknown_schema_id/, /malformed_avro/]
  for (const [i, value] of [good, unknown, cut].entries()) {
    assert.throws(() => of(value), { name: 'RekeyError', message: whys[i]! })
    assert.throws(() => of(value), /^RekeyError: push-subscriptions:3:7 cannot be read .*--leave-out/)
  }
  const leaving = await renaming(other, true)
  for (const value of [good, unknown, cut]) assert.equal(leaving.of(value), undefined)
})
