import type { Logger } from 'pino'
import type { TaskState } from './local-state.ts'
import { StateFileError } from './state-file-error.ts'
import { StateFile } from './state-file.ts'

/**
 * Opens what a folder has of a task, or begins anew where that cannot be used, and tells why. `check` throws a {@link StateFileError} where
 * what is in the file cannot.
 */
export async function openOrBegin(
  folder: string,
  task: TaskState,
  log: Logger,
  check?: (file: StateFile) => void,
): Promise<StateFile> {
  let file: StateFile | undefined
  try {
    file = StateFile.open(folder)
    check?.(file)
    return file
  } catch (error) {
    if (!(error instanceof StateFileError)) throw error
    tellNotUsed(log, `${task.topology}:${task.partition}`, error)
    await file?.close()
    StateFile.remove(folder)
    return StateFile.open(folder)
  }
}

export const tellNotUsed = (log: Logger, what: string, { reason, message }: StateFileError): void => {
  log.warn(
    { reason: `local_state_${reason}` },
    `what STATE_DIR has of ${what} is not used: ${message}; it is read from the changelog`,
  )
}
