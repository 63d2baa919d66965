import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatewayCommand } from '../../cli/gateway.ts'

const refused: Record<string, string[]> = {
  'no token at all': [],
  'one by its id, and those of a listener': ['--token', 'a', '--listener', 'ada'],
  'one by its id, and those of a time': ['--token', 'a', '--issued-before', '1h'],
  'those of the future': ['--issued-before', '2999-01-01T00:00:00Z'],
}

for (const [what, args] of Object.entries(refused)) {
  test(`revoking ${what} is refused, and nothing is asked`, async () => {
    await assert.rejects(gatewayCommand().parseAsync(['revoke', ...args], { from: 'user' }), {
      name: 'ConfigError',
      message: /say which tokens|in the future/,
    })
  })
}
