import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from 'commander'
import { delimiter, userBy } from '../../cli/import-options.ts'
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

test('import needs to know whose plays they are, and how long to wait', async () => {
  const unknown = importCommand().parseAsync(['spotify', 'file.json'], { from: 'user' })
  await assert.rejects(unknown, /--user for one listener, or --user-by/)
  const both = ['spotify', 'file.json', '--user', 'u', '--user-by', 'folder']
  await assert.rejects(importCommand().parseAsync(both, { from: 'user' }), /--user for one/)
  const endless = ['spotify', 'file.json', '--user', 'u'.repeat(513)]
  await assert.rejects(importCommand().parseAsync(endless, { from: 'user' }), /512/)
  assert.match(await refusal(importCommand(), ['spotify', '--user', 'u']), /missing required argument/)
  const deadline = ['spotify', 'file.json', '--user', 'u', '--deadline', 'soon']
  assert.match(await refusal(importCommand(), deadline), /Give seconds/)
})

for (const [option, value, says] of [
  ['--map', 'artist', /field=column/],
  ['--map', 'artist=a,when=b', /ended_at, started_at/],
  ['--map', 'artist=a,track=b', /Give ended_at or started_at/],
  ['--map', 'artist=a,track=b,ended_at=c,started_at=d', /Give ended_at or started_at/],
  ['--time-zone', 'Berlin', /Europe\/Berlin/],
  ['--delimiter', '', /one character/],
  ['--delimiter', ';;', /one character/],
  ['--delimiter', '§', /one character/],
  ['--delimiter', '"', /no quote/],
  ['--user-by', '(', /regular expression/],
  ['--user-by', 'no group', /with a group/],
] as const) {
  test(`import csv ${option} ${value} is refused with what to give`, async () => {
    assert.match(await refusal(importCommand(), ['csv', 'a.csv', option, value]), says)
  })
}

test('--delimiter takes one character, and \\t as it is typed in a shell', () => {
  assert.deepEqual([';', '|', '\t', '\\t'].map(delimiter), [';', '|', '\t', '\t'])
})

test('--user-by takes the folder or archive below what was named, or what a pattern finds in the path', () => {
  const file = { path: '/exports/ada.zip/My Data/StreamingHistory0.json', within: 'ada.zip/My Data/S0.json' }
  assert.equal(userBy('folder')(file), 'ada')
  assert.equal(userBy('folder')({ path: 'S0.json', within: 'S0.json' }), undefined)
  assert.equal(userBy('/([a-z]+)[.]zip/')(file), 'ada')
  assert.equal(userBy('/(bob)/')(file), undefined)
})
