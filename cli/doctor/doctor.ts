import { Command } from 'commander'
import { environment, loadConfig } from '../config.ts'
import { type KeyFlags, withKeyFlags } from '../keys.ts'
import { groups } from './groups.ts'
import { asLines } from './print.ts'

/** `continuo doctor` */
export function doctorCommand(): Command {
  return withKeyFlags(new Command('doctor'))
    .option('--json', 'as JSON', false)
    .addHelpText('after', EXPLAINED)
    .action(doctor)
}

const EXPLAINED = `
It asks each service what it is set to, and changes nothing. Beneath a line that is not in order stands what to do.

  ✔  in order
  !  works, and will surprise one day
  ✘  does not do what Continuo promises; the exit code is 1 then
  ?  the service does not tell

Clocks are compared with that of this machine. A service that is away is one line, and the others are looked at all the same; that takes 10 s.
What it says of ClickHouse is what the ClickHouse sink looks at when it starts: it does not start where a ✘ stands, or, if a table is missing, ends at the first
row for it.
Topics and tables of other versions of a topology are those of \`continuo backfill\`: of them it looks at the tables alone.`

async function doctor({ json, ...flags }: KeyFlags & { json: boolean }): Promise<void> {
  const around = { config: loadConfig(), env: environment(), flags, now: Date.now }
  const looked = await Promise.all(groups.map((look) => look(around)))
  if (json) {
    const all = looked.flatMap(({ title, findings }) => findings.map((each) => ({ service: title, ...each })))
    process.stdout.write(`${JSON.stringify(all, undefined, 2)}\n`)
  } else process.stdout.write(`${asLines(looked).join('\n')}\n`)
  const isBad = looked.some(({ findings }) => findings.some(({ state }) => state === 'bad'))
  // Not by itself: what does not answer is still being tried.
  process.exit(isBad ? 1 : 0)
}
