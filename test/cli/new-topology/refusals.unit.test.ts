import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { newTopology } from '../../../cli/new-topology/new-topology.ts'
import { filesOf, projectCopy, run } from './project-copy.ts'

/** Every file, and a digest of what it holds. */
async function contents(root: string) {
  const files = (await filesOf(root)).sort()
  return Promise.all(files.map(async (path) => `${path} ${digest(await readFile(join(root, path)))}`))
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex').slice(0, 12)

async function refused(root: string, name: string, message: RegExp) {
  const before = await contents(root)
  await assert.rejects(newTopology({ root, name, by: 'trackId' }), { name: 'NewTopologyError', message })
  assert.deepEqual(await contents(root), before, 'nothing has changed')
}

test('a name that cannot be one is refused, and it says why', async (t) => {
  const root = await projectCopy(t)
  for (const name of ['TrackHours', 'track_hours', '../track', 'track--hours', '-a', '1st', ''])
    await refused(root, name, /cannot name a topology.*kebab-case/)
  await refused(root, 'a'.repeat(31), /has 31 characters: give a name of 30 at most/)
  for (const name of ['class', 'fold-window', 'topics', 'play', 'buffer'])
    await refused(root, name, /means something else in the files to be written/)
})

test('a name that exists is refused, be it as a topology, a shape or a topic', async (t) => {
  const root = await projectCopy(t)
  await refused(root, 'listening-totals', /^pipelines\/topologies\/listening-totals\.ts exists already/)
  await refused(root, 'artist-total', /^schemas\/events\/artist-total\.v1\.avsc exists already/)
  await refused(
    root,
    'late-plays',
    /^schemas\/topics\.ts has "latePlays: topic\(" already: choose another name/,
  )
  await newTopology({ root, name: 'made-by-a-test', by: 'trackId' })
  await refused(root, 'made-by-a-test', /^schemas\/events\/made-by-a-test\.v1\.avsc exists already/)
})

const places: [file: string, from: string | RegExp, to: string, message: RegExp][] = [
  ['schemas/events.ts', /export \*/g, 'export { }', /^schemas\/events\.ts has no line like export \* from/],
  ['schemas/topics.ts', '} as const', '}', /^schemas\/topics\.ts has no line \} as const/],
  ['schemas/topics.ts', './events.ts', './shapes.ts', /^schemas\/topics\.ts has no line like import/],
  [
    'schemas/migrations/index.ts',
    /\[\s*firstTopics/,
    '[...firstTopics',
    /^schemas\/migrations\/index\.ts has no list/,
  ],
  [
    'pipelines/topologies/index.ts',
    'const topologies',
    'const all',
    /^pipelines\/topologies\/index\.ts has no map/,
  ],
]

for (const [file, from, to, message] of places)
  test(`where ${file} is not as expected (${to}) nothing is written, and it says what to do`, async (t) => {
    const root = await projectCopy(t)
    const text = await readFile(join(root, file), 'utf8')
    const changed = text.replace(from, to)
    assert.notEqual(changed, text)
    await writeFile(join(root, file), changed)
    await refused(root, 'made-by-a-test', message)
    await refused(root, 'made-by-a-test', /: add it by hand, .* or mend that place and start again$/)
  })

test('outside of a checkout it says that it belongs into one', async (t) => {
  const root = await projectCopy(t)
  await mkdir(join(root, 'elsewhere/schemas/migrations'), { recursive: true })
  await assert.rejects(
    newTopology({ root: join(root, 'elsewhere'), name: 'made-by-a-test', by: 'trackId' }),
    /^NewTopologyError: schemas\/events\.ts cannot be read: .*: a new topology goes into a checkout/,
  )
})

test('where one file cannot be written, none is', async (t) => {
  const root = await projectCopy(t)
  await rm(join(root, 'test/pipelines/topologies'), { recursive: true })
  await refused(root, 'made-by-a-test', /^nothing was written: ENOENT.*test\/pipelines\/topologies/)
})

test('on the command line a refusal is one line', async (t) => {
  const root = await projectCopy(t)
  const { code, stdout, stderr } = await run(root, 'cli/main.ts', 'new', 'topology', 'Track')
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /^continuo: "Track" cannot name a topology[^\n]*\n$/)
  const field = await run(root, 'cli/main.ts', 'new', 'topology', 'made-by-a-test', '--by', 'ip')
  assert.match(field.stderr, /Allowed choices are trackId/)
})
