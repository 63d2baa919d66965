import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from 'commander'
import { tokenCommand } from '../../cli/token.ts'

function parse(...args: string[]): Promise<Command> {
  const quiet = { writeErr: () => undefined, writeOut: () => undefined }
  return tokenCommand().exitOverride().configureOutput(quiet).parseAsync(args, { from: 'user' })
}

for (const ttl of ['soon', '0s', '-1h', '1.5h', '1w', '', '99999999d']) {
  test(`a time to live of "${ttl}" is refused with how to write it`, async () => {
    await assert.rejects(parse('--sub', 'somebody', `--ttl=${ttl}`), /write it like 30s, 15m, 1h or 7d/)
  })
}

test('a token is for somebody', async () => {
  await assert.rejects(parse(), /--sub/)
})

test('a token for a channel that there is not is refused, whose client would hear of no permission alone', async () => {
  for (const channel of ['lobby', 'room:', 'me:ada'])
    await assert.rejects(
      tokenCommand().parseAsync(['--sub', 'ada', '--channel', channel], { from: 'user' }),
      {
        name: 'ConfigError',
        message: `there is no channel ${channel}: docs/protocol.md says how they are called`,
      },
    )
})
