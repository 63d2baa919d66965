import { loadBinding } from './binding.ts'
import { Engine } from './engine.ts'
import { createClickHouseServer } from './server.ts'

/** The process of the embedded ClickHouse. Arguments: the port on 127.0.0.1, the data folder, the folder of the engine. */
const [port, folder, engineFolder] = process.argv.slice(2)
if (port === undefined || folder === undefined || engineFolder === undefined)
  throw new Error('usage: main.ts PORT DATA_FOLDER ENGINE_FOLDER')

const engine = new Engine(loadBinding(engineFolder), folder)
const server = createClickHouseServer(engine)
server.listen(Number(port), '127.0.0.1')

/** Statements under way when the process is to end have so long to finish, in milliseconds. */
const grace = 2000

function stop(): void {
  setTimeout(() => process.exit(0), grace).unref()
  server.close(() => {
    engine.close()
    process.exit(0)
  })
  server.closeIdleConnections()
}

process.once('SIGTERM', stop)
// The parent is gone.
process.once('disconnect', stop)
