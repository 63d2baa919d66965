import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from 'commander'
import { importCommand } from '../../cli/import.ts'
import { simulateCommand } from '../../cli/simulate.ts'

/** What a command line is refused with, before anything is connected. */
async function refusal(command: Command, words: string[]): Promise<string> {
  let said = ''
  for (const each of [command, ...command.commands]) {
    each.exitOverride().configureOutput({ writeErr: (text) => (said += text) })
  }
  await assert.rejects(command.parseAsync(words, { from: 'user' }), { name: 'CommanderError' })
  return said
}

for (const [option, value] of [
  ['--rate', 'fast'],
  ['--rate', '-1'],
  ['--rate', ''],
  ['--count', '0'],
  ['--count', '1.5'],
  ['--listeners', 'many'],
  ['--start-at', 'soon'],
  ['--control-port', '70000'],
  ['--control-port', 'http'],
] as const) {
  test(`simulate ${option} "${value}" is refused with what to give`, async () => {
    assert.match(await refusal(simulateCommand(), [option, value]), new RegExp(`${option}.*invalid\\. Give`))
  })
}

test('import spotify needs to know whose plays they are, and how long to wait', async () => {
  assert.match(await refusal(importCommand(), ['spotify', 'file.json']), /--user <id>.*not specified/)
  assert.match(await refusal(importCommand(), ['spotify', '--user', 'u']), /missing required argument/)
  const deadline = ['spotify', 'file.json', '--user', 'u', '--deadline', 'soon']
  assert.match(await refusal(importCommand(), deadline), /Give seconds/)
})
