import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originCheck } from '../../../../gateway/live/sockets/origin.ts'

test('only what is listed, to the letter', () => {
  const allowed = originCheck(['https://music.example', 'http://localhost:8080'])
  assert.ok(allowed('https://music.example'))
  assert.ok(allowed('http://localhost:8080'))
  for (const other of ['', 'null', 'none', 'http://localhost', 'https://music.example/'])
    assert.ok(!allowed(other), other)
})

test('none stands for clients without an Origin', () => {
  assert.ok(originCheck(['none'])(''))
})

test('an entry that could never match is refused with the right way to write it', () => {
  assert.throws(() => originCheck(['https://music.example/app']), /write it like https:\/\/music\.example,/)
  assert.throws(() => originCheck(['HTTPS://Music.example']), /write it like https:\/\/music\.example,/)
  assert.throws(() => originCheck(['https://music.example:443']), /write it like https:\/\/music\.example,/)
  for (const entry of ['music.example', '*', 'null', '', 'file:///x']) {
    assert.throws(() => originCheck([entry]), /is not an origin/, entry)
  }
})
