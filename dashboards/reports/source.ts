import type { Source } from '../server/endpoints/endpoint.ts'
import { ApiError } from '../server/errors.ts'
import { refusalOf } from '../server/query-gate.ts'
import { ReportError } from './report.ts'

/** Where figures come from, when (ms since 1970), and who is told how many of the questions are answered. */
export interface ReportSource extends Source {
  now: number
  progress?: (answered: number, questions: number) => void
}

/**
 * Asks all of it at once.
 * @throws ReportError if ClickHouse is away, refuses, or would take too long; a mistake of ours as it is
 */
export async function answersTo<Questions extends Record<string, () => Promise<unknown>>>(
  { progress }: Pick<ReportSource, 'progress'>,
  questions: Questions,
): Promise<{ [Name in keyof Questions]: Awaited<ReturnType<Questions[Name]>> }> {
  const all = Object.entries(questions)
  let answered = 0
  progress?.(0, all.length)
  const answers = await Promise.all(
    all.map(async ([name, ask]) => {
      const answer = await ask().catch((error: unknown) => {
        throw asReportError(refusalOf(error))
      })
      progress?.(++answered, all.length)
      return [name, answer] as const
    }),
  )
  return Object.fromEntries(answers) as { [Name in keyof Questions]: Awaited<ReturnType<Questions[Name]>> }
}

/** What is asked for, as endpoints check it. @throws ReportError for what no table has */
export function planned<Plan>(plan: () => Plan): Plan {
  try {
    return plan()
  } catch (error) {
    throw asReportError(error)
  }
}

function asReportError(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error
  const { message, remedy, cause } = error
  return new ReportError(`${message}: ${remedy}`, { cause })
}
