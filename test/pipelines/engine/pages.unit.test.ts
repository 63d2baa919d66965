import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Pages, type StoreChange } from '../../../pipelines/engine/pages.ts'
import { changesTold } from '../../kit/outgoing.ts'

const key = fc.constantFrom('a', 'b', '1/a', '')
/** Of no page to four, at and around the edges; few different bytes, so that pages stay the same now and then. */
const value = fc
  .tuple(fc.constantFrom(0, 1, 511, 512, 513, 1_023, 1_024, 1_100, 1_537), fc.constantFrom('x', 'y'))
  .map(([length, byte]) => Buffer.alloc(length, byte))
const change = fc.tuple(key, fc.option(value, { nil: undefined }))

/** What is told of a value, or that there is none. */
const told = (pages: Pages, id: string, bytes: Buffer | undefined) =>
  changesTold((changes) => {
    if (bytes === undefined) pages.delete(id, changes)
    else {
      changes.values.bytes(bytes)
      pages.put(id, changes)
    }
  })

/** What compaction may leave: of each key the last record, in order. */
const compacted = (changelog: StoreChange[]) =>
  changelog.filter(({ key: each }, index) => !changelog.slice(index + 1).some((later) => later.key === each))

function restoreInto(pages: Pages, changelog: StoreChange[]): Map<string, Buffer> {
  const values = new Map<string, Buffer>()
  for (const each of changelog) pages.restore(each, values)
  pages.restored(values)
  return values
}

function restore(changelog: StoreChange[]): Map<string, Buffer> {
  return restoreInto(new Pages(), changelog)
}

test('what is restored is what was written last, whole or deleted, of a compacted changelog, too', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), fc.nat(20), (changes, restart) => {
      let pages = new Pages()
      const model = new Map<string, Buffer>()
      const changelog: StoreChange[] = []
      changes.forEach(([id, bytes], at) => {
        if (at === restart) {
          pages = new Pages()
          assert.deepEqual(restoreInto(pages, changelog), model)
        }
        changelog.push(...told(pages, id, bytes))
        if (bytes === undefined) model.delete(id)
        else model.set(id, bytes)
      })
      assert.deepEqual([...restore(changelog)], [...model])
      assert.deepEqual(restore(compacted(changelog)), model)
    }),
  )
})

test('a value that has grown at its end costs its last page, not the whole of it', () => {
  const pages = new Pages()
  const before = Buffer.alloc(100 * 512, 'x')
  assert.equal([...told(pages, 'a', before)].length, 100)
  const after = Buffer.concat([before, Buffer.from('y')])
  assert.deepEqual([...told(pages, 'a', after)], [{ key: '100/a', value: Buffer.from('y') }])
  assert.equal([...told(pages, 'a', undefined)].length, 101)
})

test('a changelog that is not of pages is refused with the remedy', () => {
  for (const id of ['', 'artist', '/a', 'x/a'])
    assert.throws(() => {
      new Pages().restore({ key: id, value: null }, new Map())
    }, /another version: .* APPLICATION_ID/)
})
