import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StoreChange } from '../../../../pipelines/engine/pages.ts'
import { avroState } from '../../../../pipelines/engine/store-codec.ts'
import { WindowStore } from '../../../../pipelines/engine/windowing/window-store.ts'
import { tumbling } from '../../../../pipelines/engine/windows.ts'
import { changesTaken } from '../../../kit/outgoing.ts'

const texts = avroState<string>('string')
const places = ['windows', 'partlyLate'] as const

const place = fc.record({
  of: fc.constantFrom(...places),
  key: fc.constantFrom('a', 'b:c', ''),
  start: fc.constantFrom(-60_000, 0, 60_000),
})
/** Of one page, and of more. */
const state = fc.constantFrom('', 'short', 'l'.repeat(600), 'm'.repeat(1_200))
const action = fc.oneof(
  fc.record({ do: fc.constant('add' as const), place, state, time: fc.integer() }),
  fc.record({ do: fc.constant('delete' as const), place }),
  fc.record({ do: fc.constant('delete all' as const), place }),
  fc.record({ do: fc.constant('time passes' as const), place, time: fc.integer() }),
  fc.record({ do: fc.constant('commit' as const), place }),
)
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

function perform(store: WindowStore<string>, { place: { of, key, start }, ...act }: Action): void {
  const windows = store[of]
  const found = windows.find(key, start)
  if (act.do === 'add' && found === undefined) windows.add(key, start, act.time, act.state)
  else if (act.do === 'add') windows.update(found!, act.time, found!.state + act.state)
  else if (act.do === 'delete' && found !== undefined) windows.delete(found)
  else if (act.do === 'delete all') windows.deleteAt(start)
  else if (act.do === 'time passes') store.streamTime = act.time
}

const contents = (store: WindowStore<string>) => [...store.entries()].sort(([a], [b]) => (a < b ? -1 : 1))

function restoredFrom(changelog: readonly StoreChange[]): WindowStore<string> {
  const store = new WindowStore(texts)
  for (const change of changelog) store.restore(change)
  store.restored()
  return store
}

test('windows restored from what the changelog was told are those of the last commit, and are not told again', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      let store = new WindowStore(texts)
      const changelog: StoreChange[] = []
      for (const each of actions) {
        if (each.do !== 'commit') {
          perform(store, each)
          continue
        }
        changelog.push(...changesTaken(store))
        const restored = restoredFrom(changelog)
        assert.deepEqual(contents(restored), contents(store))
        assert.deepEqual([restored.size, changesTaken(restored)], [store.size, []])
        assert.equal(restored.streamTime, store.streamTime)
        store = restored
      }
    }),
  )
})

test('windows that are gone through while they change are at the end those that there are', () => {
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 20 }),
      fc.array(action, { maxLength: 20 }),
      (before, meanwhile) => {
        const store = new WindowStore(texts)
        for (const each of before) perform(store, each)
        changesTaken(store)
        const told: StoreChange[] = []
        const pass = store.contents()
        for (const each of meanwhile) {
          perform(store, each)
          // What a commit changes is behind what has been gone through, and before what follows.
          told.push(...changesTaken(store))
          told.push(...(pass.next().value ?? []))
        }
        for (const changes of pass) told.push(...changes)
        assert.deepEqual(contents(restoredFrom(told)), contents(store))
      },
    ),
    { numRuns: 2_000 },
  )
})

test('a window that begins and ends between two commits is not told of', () => {
  const store = new WindowStore(texts)
  store.windows.add('a', 0, 1, 'x')
  store.windows.deleteAt(0)
  assert.deepEqual(changesTaken(store), [])
})

test('windows cut in another way before are refused', () => {
  const store = new WindowStore(texts)
  store.rememberCut(tumbling(60_000, { grace: 0 }))
  const restored = restoredFrom(changesTaken(store))
  restored.requireSame('fold-window-1', tumbling(60_000, { grace: 0 }))
  assert.throws(
    () => restored.requireSame('fold-window-1', tumbling(30_000, { grace: 0 })),
    /cut into .* begin anew/,
  )
})

test('what is no window is refused', () => {
  assert.throws(() => restoredFrom([{ key: '0/noon:a', value: Buffer.of(3) }]), /changelog of windows/)
  assert.throws(() => restoredFrom([{ key: '0/1:a', value: Buffer.alloc(9, 1) }]), /changelog of windows/)
})

test('of what was deleted in a changelog nothing is kept while it is restored', () => {
  const store = new WindowStore(texts)
  const [change] = changesTaken({
    takeChanges(changes) {
      store.windows.add('a', 0, 1, 'x')
      store.takeChanges(changes)
    },
  })
  const restored = new WindowStore(texts)
  restored.restore(change!)
  const window = restored.windows.get('a', 0)
  restored.restore({ key: change!.key, value: null })
  assert.equal(window.gone, true)
  assert.deepEqual(restored.windows.takeChanged(), [])
})
