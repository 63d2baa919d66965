import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatewayCommand } from '../../cli/gateway.ts'

test('draining a gateway without a name, as by a variable that is not set, is refused: every id begins so', async () => {
  const command = gatewayCommand()
  const said: string[] = []
  command.commands
    .find((each) => each.name() === 'drain')!
    .exitOverride()
    .configureOutput({ writeErr: (text) => said.push(text) })
  await assert.rejects(command.parseAsync(['drain', ''], { from: 'user' }), {
    code: 'commander.invalidArgument',
  })
  assert.match(said.join(''), /'node'. `continuo gateway nodes` lists those that there are/)
})
