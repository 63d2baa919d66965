import { benchEventToScreen } from './event-to-screen.ts'
import { benchListeningTotals } from './listening-totals.ts'
import { benchRestoredState } from './restored-state.ts'

const benchmarks: Record<string, () => Promise<void>> = {
  'listening-totals': benchListeningTotals,
  'event-to-screen': benchEventToScreen,
  'restored-state': benchRestoredState,
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benchmarks)
for (const name of chosen) {
  const run = benchmarks[name]
  if (run === undefined) {
    console.error(`no benchmark ${name}: there are ${Object.keys(benchmarks).join(', ')}`)
    process.exit(1)
  }
  console.log(`\n${name}`)
  await run()
}
