import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { rooms, sourceFiles } from '../kit/coverage/source-files.ts'
import { projectRoot, smallProject } from './small-project.ts'

interface Cruise {
  modules: { source: string }[]
  summary: { violations: { rule: { name: string }; from: string; to: string }[] }
}

test('every source file is seen by the import check, and none breaks it', async () => {
  const { modules, summary } = await cruise(projectRoot, rooms)
  const seen = new Set(modules.map(({ source }) => source))
  const unseen = sourceFiles(projectRoot).filter(({ path }) => !seen.has(path))
  assert.deepEqual(
    unseen.map(({ path }) => path),
    [],
  )
  assert.deepEqual(summary.violations.map(sentence), [])
})

test('an import against the direction is refused, of a type as well', async (t) => {
  const root = await smallProject(t, {
    'tsconfig.json': await readFile(join(projectRoot, 'tsconfig.json'), 'utf8'),
    'schemas/play.ts': `import '../cli/main.ts'\nexport type Play = string\n`,
    'pipelines/engine/task.ts': `import type { Step } from '../steps/step.ts'\nexport type Task = Step\n`,
    'pipelines/steps/step.ts': `import type { Play } from '../../schemas/play.ts'\nexport type Step = Play\n`,
    'sinks/redis.ts': `import '../stack/redis.ts'\nimport '../pipelines/engine/task.ts'\n`,
    'gateway/live/socket.ts': `import '../../pipelines/engine/task.ts'\n`,
    'gateway/live/protocol/frame.ts': `import '../sessions/session.ts'\n`,
    'gateway/live/sessions/session.ts': `export type Session = string\n`,
    'gateway/live/sockets/server.ts': `export type { Session } from '../sessions/session.ts'\n`,
    'client/socket.ts': `import '../gateway/live/socket.ts'\n`,
    'dashboards/server.ts': `import '../test/kit.ts'\n`,
    'sources/a.ts': `import './b.ts'\nexport const a = 1\n`,
    'sources/b.ts': `import './a.ts'\nimport './gone.ts'\n`,
    'stack/redis.ts': `export const port = 6379\n`,
    'cli/main.ts': `import '../gateway/live/socket.ts'\nimport '../stack/redis.ts'\n`,
    'test/kit.ts': `import '../cli/main.ts'\n`,
  })
  const { summary } = await cruise(root, [...rooms, 'test'])
  assert.deepEqual(summary.violations.map(sentence).sort(), [
    'cli-is-the-top: schemas/play.ts -> cli/main.ts',
    'client-imports: client/socket.ts -> gateway/live/socket.ts',
    'dashboards-imports: dashboards/server.ts -> test/kit.ts',
    'engine-imports: pipelines/engine/task.ts -> pipelines/steps/step.ts',
    'live-imports: gateway/live/socket.ts -> pipelines/engine/task.ts',
    'no-circle: sources/a.ts -> sources/b.ts',
    'protocol-imports: gateway/live/protocol/frame.ts -> gateway/live/sessions/session.ts',
    'resolvable: sources/b.ts -> ./gone.ts',
    'schemas-imports: schemas/play.ts -> cli/main.ts',
    'sinks-imports: sinks/redis.ts -> stack/redis.ts',
    'sockets-without-rules: gateway/live/sockets/server.ts -> gateway/live/sessions/session.ts',
    'tests-are-for-tests: dashboards/server.ts -> test/kit.ts',
  ])
})

function sentence({ rule, from, to }: Cruise['summary']['violations'][number]): string {
  return `${rule.name}: ${from} -> ${to}`
}

async function cruise(root: string, folders: readonly string[]): Promise<Cruise> {
  const depcruise = join(projectRoot, 'node_modules', '.bin', 'depcruise')
  const config = join(projectRoot, '.dependency-cruiser.cjs')
  const words = [depcruise, '--config', config, '--output-type', 'json', ...folders]
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, words, { cwd: root, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      if (stdout.startsWith('{')) resolve(stdout)
      else reject(new Error(`depcruise gave no result: ${stderr}`, { cause: error }))
    })
  })
  return JSON.parse(output) as Cruise
}
