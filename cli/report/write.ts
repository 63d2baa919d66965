import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeFile } from 'atomically'
import { ReportError } from '../../dashboards/reports/report.ts'

/** @throws ReportError, before anything is asked, if there can be no such file */
export async function requireWritable(file: string): Promise<void> {
  const folder = await stat(dirname(file)).catch(() => undefined)
  if (folder?.isDirectory() !== true)
    throw new ReportError(`--out: there is no folder ${dirname(file)}: make it, or name another file`)
  const there = await stat(file).catch(() => undefined)
  if (there !== undefined && !there.isFile())
    throw new ReportError(
      `--out: ${file} is no file: name one; without --out the report goes to the standard output`,
    )
}

/** Writes to a file, whole or not at all; without one to the standard output, whose reader may leave early. @throws ReportError if the file cannot be written */
export async function write(text: string, file?: string): Promise<void> {
  if (file === undefined) {
    print(text)
    return
  }
  try {
    await writeFile(file, text)
  } catch (cause) {
    throw new ReportError(
      `--out: ${file} cannot be written: ${(cause as Error).message}: make room, or name another file`,
      { cause },
    )
  }
}

function print(text: string): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  process.stdout.write(text)
}
