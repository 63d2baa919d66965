import type { Finding } from '../../sinks/finding.ts'
import type { Group } from './group.ts'

const marks = { ok: '✔', warn: '!', bad: '✘', unknown: '?' } as const

/** Findings as lines, by groups: mark, what was looked at, what was found, and beneath what is not in order its remedy. */
export function asLines(groups: readonly Group[]): string[] {
  const all = groups.flatMap(({ findings }) => findings)
  const width = Math.max(...all.map(({ name }) => name.length))
  const lines = groups.flatMap(({ title, findings }) => [
    title,
    ...findings.flatMap((finding) => linesOf(finding, width)),
    '',
  ])
  return [...lines, summaryOf(all)]
}

function linesOf(finding: Finding, width: number): string[] {
  const { name, state, found } = finding
  const indent = ' '.repeat(width + 6)
  const remedies = state === 'ok' ? [] : finding.remedy.split('\n')
  return [
    `  ${marks[state]} ${name.padEnd(width)}  ${oneLine(found)}`,
    ...remedies.map((line) => `${indent}→ ${line}`),
  ]
}

const oneLine = (text: string) => text.replaceAll(/\s*\n\s*/g, ' ')

function summaryOf(all: readonly Finding[]): string {
  const count = (state: Finding['state']) => all.filter((finding) => finding.state === state).length
  return [
    `${count('ok')} ${marks.ok} in order`,
    `${count('warn')} ${marks.warn} to think about`,
    `${count('bad')} ${marks.bad} to mend`,
    `${count('unknown')} ${marks.unknown} not known`,
  ].join(', ')
}
