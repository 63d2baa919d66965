import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ModelError } from '../../../../pipelines/model/errors.ts'
import { readRules } from '../../../../pipelines/model/listener/rules.ts'

test('rules are read, or refused by the name of their file and what is wrong', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-rules-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'rules.json')
  const read = async (text: string) => {
    await writeFile(file, text)
    return readRules(file)
  }
  assert.deepEqual(await read('{"blockedIn":{"DE":["a"]}}'), { blocked: [], blockedIn: { DE: ['a'] } })
  const refused: [string, RegExp][] = [
    ['{"blocked":', /cannot be read/],
    ['[]', /they must be object/],
    ['{"blockd":[]}', /they must NOT have additional properties/],
    ['{"blocked":[7]}', /\/blocked\/0 must be string/],
    ['{"blockedIn":{"Germany":[]}}', /blockedIn .*pattern|property name must be valid/],
  ]
  for (const [text, why] of refused)
    await assert.rejects(read(text), (error: Error) => {
      assert.ok(error instanceof ModelError && error.message.includes(file))
      assert.match(error.message, why)
      return true
    })
  assert.throws(() => readRules(join(folder, 'none.json')), /none\.json cannot be read/)
})
