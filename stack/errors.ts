/** What went wrong with a local service, and what its reader can do about it. */
export class StackError extends Error {
  readonly code: StackErrorCode
  readonly remedy: string

  constructor(code: StackErrorCode, problem: string, remedy: string, cause?: unknown) {
    super(`${problem}: ${remedy}`, cause === undefined ? undefined : { cause })
    this.name = 'StackError'
    this.code = code
    this.remedy = remedy
  }
}

export type StackErrorCode =
  | 'port_in_use'
  | 'disk_full'
  | 'data_folder_locked'
  | 'java_missing'
  | 'maven_missing'
  | 'python_missing'
  | 'npm_missing'
  | 'download_failed'
  | 'platform_unsupported'
  | 'service_failed'
