import type { Listen, SkipReason } from '../listen.ts'

/** A kind of export. */
export interface Format {
  /** Whether a file of a folder or archive is of this kind, by its path. What is named itself is tried whatever it is called. */
  accepts(path: string): boolean
  /** Files with a lower rank tell the same plays better, and are read first. */
  rank(path: string): number
  /**
   * What the text of a file holds, record by record, some at a time.
   * @throws FileError behind what could be read
   */
  read(text: AsyncIterable<Buffer>, now: number): AsyncIterable<readonly (Listen | SkipReason)[]>
}
