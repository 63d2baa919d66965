import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'

/**
 * Asks at the terminal for something that does not happen by a slip: the name of what it is about. Ends the command with `nothing`, what
 * has not been done, unless that is the answer, and where nobody can be asked.
 */
export async function requireConsent(name: string, nothing: string, command: Command): Promise<void> {
  if (!process.stdin.isTTY) command.error(`error: ${nothing}: there is no terminal to ask at; add --yes`)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`Type ${name} to go on: `)
  terminal.close()
  if (answer.trim() !== name) command.error(nothing)
}
