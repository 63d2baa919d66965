import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { runInThisContext } from 'node:vm'
import esbuild from 'esbuild'
import { codeLines } from '../kit/coverage/code-lines.ts'
import { markRunInPage } from '../kit/coverage/from-page.ts'
import { sourceFiles } from '../kit/coverage/source-files.ts'
import type { SourceFile } from '../kit/coverage/source-files.ts'
import { runTests, smallProject } from './small-project.ts'

const library = `import type { X } from './types.ts'
/** Larger of ten
 *  and the number. */
export function atLeastTen(number: number): number {
  if (number < 10) {
    return 10
  }
  return number
}

interface Song {
  title: string
}

export function titleOf(song: Song): string {
  const title = song.title
  return title
}
`

test('a line of code is one where something starts that can run', () => {
  assert.deepEqual([...codeLines(library).keys()], [4, 5, 6, 8, 15, 16, 17])
  assert.equal(codeLines(`export * from './a.ts'\nexport type A = {\n  b: string\n}\n`).size, 0)
  assert.equal(codeLines(`declare global {\n  var x: number\n}\nfunction f(a: string): void\n`).size, 0)
})

test('lines that ran in any process of the run count, those of a file never loaded do not', async (t) => {
  const root = await smallProject(t, {
    'sinks/library.ts': library,
    'sinks/child.ts': `import { titleOf } from './library.ts'\ntitleOf({ title: 'é' })\n`,
    'sinks/unloaded.ts': `export const a = 1\n`,
    'test/a.unit.test.ts': `import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { atLeastTen } from '../sinks/library.ts'
test('both', () => {
  atLeastTen(12)
  execFileSync(process.execPath, ['sinks/child.ts'], { cwd: import.meta.dirname + '/..' })
})\n`,
  })
  const { code, output } = await runTests(root, ['unit', '--coverage'])
  assert.match(output, / 85\.7 % +1 +sinks\/library\.ts +6\n/)
  assert.match(output, / 0\.0 % +1 +sinks\/unloaded\.ts +1\n/)
  assert.match(output, /\n77\.7 % of lines ran \(7 of 9\), BELOW the 95 % asked for\n/)
  assert.match(output, /\n1 passed, 0 failed, 0 skipped\n$/)
  assert.equal(code, 1)
  const lcov = await readFile(join(root, 'coverage', 'lcov.info'), 'utf8')
  assert.ok(lcov.includes('SF:sinks/library.ts\nDA:4,1\nDA:5,1\nDA:6,0\nDA:8,1\nDA:15,1\n'), lcov)
})

test('the gate holds when all lines ran, and looks only at files that a filter matches', async (t) => {
  const root = await smallProject(t, {
    'sinks/one.ts': `export const one = 1\n`,
    'gateway/two.ts': `export const two = 2\n`,
    'test/sinks/one.unit.test.ts': `import { test } from 'node:test'\nimport '../../sinks/one.ts'\ntest('one', () => {})\n`,
  })
  const { code, output } = await runTests(root, ['unit', '--coverage', 'sinks'])
  assert.match(output, /\n100\.0 % of lines ran \(1 of 1\), at or above the 95 % asked for\n/)
  assert.equal(code, 0)
})

for (const minify of [false, true])
  test(`lines that ran in a page count, code that its bundle left out does not, minified: ${minify}`, async (t) => {
    const { files, folder } = await coveredPage(t, { minify })
    markRunInPage(files, folder)
    const ran = (path: string) =>
      [...(files.find((file) => file.path === path)?.ran ?? [])].sort((a, b) => a - b)
    assert.deepEqual(
      ran('schemas/library.ts').filter((line) => line !== 6 && line !== 9),
      [4, 5, 8],
    )
    assert.ok(ran('dashboards/web/main.ts').includes(2))
    assert.ok(!ran('dashboards/web/main.ts').includes(4), 'the body of a function that was not called')
  })

test('page coverage without a source map is refused, with the remedy', async (t) => {
  const { files, folder } = await coveredPage(t, { minify: false })
  await writeFile(join(folder, 'page.json'), JSON.stringify([{ url: 'a.js', source: 'a()', functions: [] }]))
  assert.throws(() => markRunInPage(files, folder), /page\.json maps to no source file: .*inline source map/)
})

/** Runs a bundle under V8's precise coverage, which is what a browser's is, and writes it as a browser test does. */
async function coveredPage(
  t: TestContext,
  { minify }: { minify: boolean },
): Promise<{ files: SourceFile[]; folder: string }> {
  const root = await smallProject(t, {
    'schemas/library.ts': library,
    'dashboards/web/main.ts': `import { atLeastTen } from '../../schemas/library.ts'
globalThis.shown = atLeastTen(12)
function hide() {
  globalThis.shown = undefined
}
if (globalThis.shown === 11) hide()
`,
  })
  const built = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['dashboards/web/main.ts'],
    bundle: true,
    minify,
    format: 'iife',
    sourcemap: 'inline',
    write: false,
    outdir: 'out',
  })
  const source = built.outputFiles[0]!.text
  const folder = join(root, 'page')
  await mkdir(folder)
  const url = `http://127.0.0.1/${minify}.js`
  const scripts = await preciseCoverage(() => void runInThisContext(source, { filename: url }))
  const page = scripts.filter((script) => script.url === url).map((script) => ({ ...script, source }))
  await writeFile(join(folder, 'page.json'), JSON.stringify(page))
  return { files: sourceFiles(root), folder }
}

async function preciseCoverage(run: () => void) {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  run()
  const { result } = await session.post('Profiler.takePreciseCoverage')
  session.disconnect()
  return result
}
