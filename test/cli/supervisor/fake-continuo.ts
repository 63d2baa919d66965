import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

/**
 * Stands in for cli/main.ts: `migrate` ends with FAKE_MIGRATE_CODE; every other verb is ready on its HEALTH_PORT, crashes
 * when its /crash is asked for, and writes to FAKE_EVENTS what happens to it.
 */
const [verb, ...args] = process.argv.slice(2)
const note = (what: string) => {
  if (process.env.FAKE_EVENTS !== undefined) appendFileSync(process.env.FAKE_EVENTS, `${verb} ${what}\n`)
}

note(`started ${JSON.stringify(args)} ${process.env.REDIS_URL}`)
if (verb === 'migrate') {
  console.error('table plays: no such database')
  process.exit(Number(process.env.FAKE_MIGRATE_CODE ?? 0))
}

createServer((request, response) => {
  if (request.url === '/crash') {
    // Another process's end, in the same log, and its own.
    for (const [pid, message] of [
      [1, 'not its own'],
      [process.pid, 'table plays: no such column'],
    ] as const)
      console.log(JSON.stringify({ level: 60, pid, msg: 'crash', err: { message } }))
    process.exit(1)
  }
  response.end('ready\n')
}).listen(Number(process.env.HEALTH_PORT), '127.0.0.1')

process.once('SIGTERM', () => {
  note('stopped')
  process.exit(0)
})
process.once('disconnect', () => {
  process.exit(0)
})
