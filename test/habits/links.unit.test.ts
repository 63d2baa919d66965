import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { projectRoot as cwd } from './small-project.ts'

const pages = execFileSync('git', ['ls-files', '*.md'], { cwd, encoding: 'utf8' }).trim().split('\n')
const read = (path: string) => readFileSync(join(cwd, path), 'utf8')

/** By which a heading is linked, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')

function leads(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(cwd, target))) return false
  if (anchor === undefined) return true
  return read(target)
    .split('\n')
    .some((line) => line.startsWith('#') && anchorOf(line.replace(/^#+ /, '')) === anchor)
}

test('each link from a page of the documentation to another place of the project leads there', () => {
  const lost = pages.flatMap((page) =>
    Array.from(read(page).matchAll(/(?:\]\(|src(?:set)?=")([^)"\s]+)/g), ([, link]) => link!)
      .filter((link) => !/^[a-z]+:/.test(link) && !leads(page, link))
      .map((link) => `${page}: ${link}`),
  )
  assert.deepEqual(lost, [])
})
