import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Binding, Connection } from '../../../stack/clickhouse/binding.ts'
import { Sessions } from '../../../stack/clickhouse/sessions.ts'

/** The connections that are open, in a binding that does nothing else. */
function openConnections() {
  const open = new Set<Connection>()
  const binding = {
    CreateConnection: () => {
      const connection = {}
      open.add(connection)
      return connection
    },
    CloseConnection: (connection: Connection) => void open.delete(connection),
  } as unknown as Binding
  return { open, binding }
}

test('a session has one connection until nobody has used it for its time-out', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { open, binding } = openConnections()
  const sessions = new Sessions(binding, '/data')
  const use = () => sessions.use({ id: 'a', timeout: 10 }, (connection) => Promise.resolve(connection))
  const first = await use()
  t.mock.timers.tick(9_000)
  assert.equal(await use(), first)
  t.mock.timers.tick(9_000)
  assert.equal(open.size, 1)
  t.mock.timers.tick(1_000)
  assert.equal(open.size, 0)
  assert.notEqual(await use(), first)
  sessions.close()
  assert.equal(open.size, 0)
})
