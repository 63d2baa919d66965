import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { foreignOrigins, originCheck } from '../../../../gateway/live/sockets/origin.ts'

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
  for (const entry of ['music.example', '*', 'https://*.music.example', 'null', '', 'file:///x']) {
    assert.throws(() => originCheck([entry]), /is not an origin/, entry)
  }
})

test('what may be a secret in the wrong place is not repeated', () => {
  const refusalOf = (entry: string) => {
    try {
      originCheck([entry])
    } catch (error) {
      return String(error)
    }
    assert.fail()
  }
  for (const entry of ['https://ada:S3CRET@music.example', `S3CRET${'x'.repeat(38)}=`])
    assert.doesNotMatch(refusalOf(entry), /S3CRET/)
})

test('who is refused is counted each time, and told of once by origin, with the remedy', () => {
  const { log, lines } = collectedLog()
  let refused = 0
  const foreign = foreignOrigins(log, () => refused++)
  for (const origin of ['https://other.example', '', 'https://other.example', '']) foreign(origin)
  assert.equal(refused, 4)
  assert.equal(lines.length, 2)
  assert.match(lines[0]!, /"origin":"https:\/\/other\.example".*if it is yours, add it to ALLOWED_ORIGINS/)
  assert.match(lines[1]!, /without an Origin.*ALLOWED_ORIGINS names \\"none\\"/)
})

test('who comes with ever new origins fills no log', () => {
  const { log, lines } = collectedLog()
  const foreign = foreignOrigins(log, () => undefined)
  for (let n = 0; n < 1_000; n++) foreign(`https://${n}.example/${'x'.repeat(4_000)}`)
  assert.equal(lines.length, 20)
  assert.ok(lines.every(({ length }) => length < 500))
})

function collectedLog() {
  const lines: string[] = []
  return { log: pino({}, { write: (line) => lines.push(line) }), lines }
}
