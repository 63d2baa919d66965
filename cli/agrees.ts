import { createInterface } from 'node:readline/promises'

/** Asks at the terminal for something that does not happen by a slip: the name of what it is about. */
export async function agrees(name: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`Type ${name} to go on: `)
  terminal.close()
  return answer.trim() === name
}
