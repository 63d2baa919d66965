/** Without a terminal a line is told so often, ms. */
const LINE_EVERY_MS = 5_000

/** A line about something that goes on: written over on a terminal, and else told again now and then. */
export class ProgressLine {
  #toldAt = -Infinity

  tell(line: string): void {
    if (process.stdout.isTTY) process.stdout.write(`\r${line}\x1b[K`)
    else if (performance.now() - this.#toldAt >= LINE_EVERY_MS) {
      this.#toldAt = performance.now()
      console.log(line)
    }
  }

  end(): void {
    if (process.stdout.isTTY) process.stdout.write('\n')
  }
}
