/** Why a snapshot is not used. */
export type StateFileReason =
  | 'unreadable'
  | 'torn'
  | 'another_format'
  | 'another_cluster'
  | 'another_changelog'
  | 'changelog_made_anew'
  | 'ahead_of_changelog'
  | 'behind_changelog'
  | 'too_old'

/** A snapshot that cannot be used: state is read from its changelog instead. */
export class StateFileError extends Error {
  override readonly name = 'StateFileError'
  readonly reason: StateFileReason

  constructor(reason: StateFileReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
