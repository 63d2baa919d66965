import { InvalidArgumentError } from 'commander'

/** An option's value as a number of 0 or more, of any unit. @throws InvalidArgumentError if it is none. */
export function numberOf(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('Give a number.')
  return value
}
