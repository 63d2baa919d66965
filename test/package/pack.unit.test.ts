import assert from 'node:assert/strict'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import ts from 'typescript'
import { type Installed, installPacked, run } from './installed.ts'

const projectRoot = join(import.meta.dirname, '../..')
const user = join(import.meta.dirname, 'fixtures/orders.ts')
const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc')

let installed: Installed
before(async () => {
  installed = await installPacked()
})
after(() => installed.remove())

test('what is packed is the engine in JavaScript with its declarations, and nothing else of the project', () => {
  const { files } = installed
  const unexpected = files.filter(
    (file) =>
      !/^dist\/(pipelines\/engine|client|schemas)\/[\w./-]+\.(js|d\.ts|avsc)$/.test(file) &&
      !['package.json', 'README.md', 'LICENSE'].includes(file),
  )
  assert.deepEqual(unexpected, [])
  const product = files.filter((file) =>
    /schemas\/(?!dead-letter)[\w/-]+\.avsc|schemas\/(topics|events|tables)\./.test(file),
  )
  assert.deepEqual(product, [], 'the engine needs nothing of the product')
  for (const entry of ['index', 'testing/index'])
    for (const ending of ['js', 'd.ts']) assert.ok(files.includes(`dist/pipelines/engine/${entry}.${ending}`))
  for (const ending of ['js', 'd.ts']) assert.ok(files.includes(`dist/client/index.${ending}`))
})

test('a topology of topics of their own runs in plain JavaScript, without a broker', async () => {
  const { outputText } = ts.transpileModule(await readFile(user, 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  })
  await writeFile(join(installed.root, 'orders.mjs'), outputText)
  const { code, output } = await run(installed.root, 'orders.mjs')
  assert.equal(code, 0, output)
  assert.deepEqual(JSON.parse(output), { totals: ['a 120', 'b 50'], late: [9], letters: ['not_wire_format'] })
})

test('the client’s helper runs without anything of Node, and nothing is imported with it', async () => {
  const program = `import { balancedWebSocket } from 'continuo/client'
    console.log(typeof balancedWebSocket({ seeds: ['https://one.example'] }))`
  assert.deepEqual(await run(installed.root, '--input-type=module', '--eval', program), {
    code: 0,
    output: 'function\n',
  })
  for (const file of installed.files.filter((each) => /^dist\/client\/.*\.js$/.test(each))) {
    const text = await readFile(join(installed.root, 'node_modules/continuo', file), 'utf8')
    const imported = Array.from(text.matchAll(/from '([^']+)'/g), ([, from]) => from)
    assert.ok(
      imported.every((from) => /^\.{1,2}\/(schemas\/)?[\w-]+\.js$/.test(from!)),
      `${file} imports ${imported.join(', ')}`,
    )
  }
})

test('the declarations check a user: what is right compiles, a forgotten output does not', async () => {
  await copyFile(user, join(installed.root, 'orders.mts'))
  const text = await readFile(user, 'utf8')
  const forgetful = text.replace(', late: lateOrders }', ' }')
  assert.notEqual(forgetful, text)
  await writeFile(join(installed.root, 'forgetful.mts'), forgetful)
  const options = {
    strict: true,
    noEmit: true,
    target: 'es2022',
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(projectRoot, 'node_modules/@types')],
    skipLibCheck: false,
  }
  await writeFile(
    join(installed.root, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: ['*.mts'] }),
  )
  const { output } = await run(installed.root, tsc)
  const errors = output.split('\n').filter((line) => /: error TS/.test(line))
  assert.equal(errors.length, 1, output)
  assert.match(errors[0] ?? '', /^forgetful\.mts.*Property 'late' is missing|^forgetful\.mts.*error TS2345/)
})

test('what is inside stays inside: only the three entries can be imported', async () => {
  for (const path of ['continuo/cli', 'continuo/dist/pipelines/engine/task.js', 'continuo/client/pool.js']) {
    const { code, output } = await run(installed.root, '--input-type=module', '--eval', `import '${path}'`)
    assert.notEqual(code, 0)
    assert.match(output, /ERR_PACKAGE_PATH_NOT_EXPORTED/)
  }
})
