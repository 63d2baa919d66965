import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { heardMessage } from '../../../../gateway/live/channels/heard-message.ts'
import { json } from '../../../../gateway/live/protocol/json.ts'

const message = fc.record({
  epoch: fc.string({ unit: 'binary', maxLength: 8 }),
  offset: fc.maxSafeNat(),
  data: fc.jsonValue(),
})

test('a message is taken apart, or not at all', () => {
  const data = 'null'
  assert.deepEqual(heardMessage('{"epoch":"e","offset":3,"data":null}'), {
    epoch: 'e',
    offset: 3,
    data: null,
    json: data,
  })
  const user = { client: 'c', user: 'u' }
  assert.deepEqual(heardMessage(JSON.stringify({ epoch: 'e', offset: 3, data: 1, info: user })), {
    epoch: 'e',
    offset: 3,
    data: 1,
    info: user,
  })
  assert.equal(heardMessage('{"epoch":"e","offset":3.5,"data":1}'), undefined)
  assert.equal(heardMessage('{"epoch":"e","offset":3,"data":1'), undefined)
})

test('whatever its form, it is pushed as what it says, in one line', () => {
  const fields = ['epoch', 'offset', 'data', 'more']
  const order = fc.oneof(
    fc.constantFrom(fields, fields.slice(0, 3)),
    fc.shuffledSubarray(fields, { minLength: 3 }),
  )
  const [space, indent] = [fc.constantFrom('', ' ', '\n'), fc.constantFrom(0, 1)]
  fc.assert(
    fc.property(message, order, space, indent, (said, names, between, indented) => {
      const written = names.map((name) => {
        const value = JSON.stringify({ ...said, more: 1 }[name], null, indented)
        return `"${name}"${between}:${value}`
      })
      const heard = heardMessage(`{${written.join(`,${between}`)}}${between}`)
      if (['epoch', 'offset', 'data'].some((name) => !names.includes(name))) {
        assert.equal(heard, undefined)
        return
      }
      assert.ok(heard !== undefined && 'data' in heard)
      const { offset, data } = heard
      const push = json.publication('ä"', { offset, data }, heard.json).toString()
      assert.ok(!push.includes('\n'))
      const pub = { offset: said.offset, data: JSON.parse(JSON.stringify(said.data)) as unknown }
      assert.deepEqual(JSON.parse(push), { push: { channel: 'ä"', pub } })
    }),
  )
})

test('of one as publishers write it the data are not written anew', () => {
  fc.assert(
    fc.property(message, fc.stringMatching(/^[\w-]{0,8}$/), ({ offset, data }, epoch) => {
      const heard = heardMessage(JSON.stringify({ epoch, offset, data }))
      assert.ok(heard !== undefined && 'data' in heard)
      assert.equal(heard.json, JSON.stringify(data))
    }),
  )
})
