import { endLeftovers } from './pid-files.ts'

/**
 * The last to leave: a process that waits for the end of its parent and then ends what the parent has left running,
 * which a parent ended by SIGKILL cannot do itself.
 * Arguments: the data folder, the parent's pid and start time.
 */
const [dataDir, pid, started] = process.argv.slice(2)
if (dataDir === undefined || pid === undefined || started === undefined)
  throw new Error('usage: guard.ts DATA_FOLDER PARENT_PID PARENT_START')

process.once('disconnect', () => {
  void endLeftovers(dataDir, { ownedBy: { pid: Number(pid), started } })
})
