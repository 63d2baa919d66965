/** Why a snapshot is not used. */
export type SnapshotReason =
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
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError'
  readonly reason: SnapshotReason

  constructor(reason: SnapshotReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
