import { startStack, type ServiceName } from '../../stack/index.ts'

/** A process that starts a part of the stack and then waits to be killed: its arguments are the data folder and services. */
const [dataDir = '', ...only] = process.argv.slice(2)
const stack = await startStack({
  dataDir,
  only: only as ServiceName[],
  ports: { kafka: 0, schemaRegistry: 0, redis: 0, clickhouse: 0 },
  progress: () => {},
})
process.send?.(stack.urls)
