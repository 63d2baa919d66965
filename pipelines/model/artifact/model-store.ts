/** Where the bytes of artifacts lie, by version. A version is written once, and is whole when it can be read. */
export interface ModelStore {
  write(version: string, bytes: Buffer): Promise<void>
  /** @throws ModelError if there is no such version, or it cannot be read */
  read(version: string): Promise<Buffer>
}
