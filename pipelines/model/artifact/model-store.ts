/** Where the bytes of artifacts lie, by version. A version is written once, and is whole when it can be read. */
export interface ModelStore {
  /** @throws ModelError if it cannot be written */
  write(version: string, bytes: Buffer): Promise<void>
  /** @throws ModelError if there is no such version, or it cannot be read */
  read(version: string): Promise<Buffer>
  /** That there is none is as good. @throws ModelError if it cannot be removed */
  remove(version: string): Promise<void>
}
