import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { typeFile } from '../schemas/types.ts'
import { type Edit, editEvents, editMigrations, editTopics, editTopologies } from './edits.ts'
import { NewTopologyError } from './errors.ts'
import { type Countable, type Names, namesFor } from './names.ts'
import { avroSchema, fold, migration, topology, unitTest } from './templates.ts'
import { type FileToWrite, writeAll } from './write-all.ts'

export interface NewTopology {
  /** The project's folder. */
  root: string
  /** In kebab-case. */
  name: string
  by: Countable
}

/**
 * Writes a small working topology into the project: shape, topics, migration, fold, story and test. All is worked out before
 * anything is written.
 * @throws NewTopologyError, and nothing has changed
 */
export async function newTopology({ root, name, by }: NewTopology): Promise<FileToWrite[]> {
  const names = namesFor(name, by)
  const files = [...newFiles(root, names), ...editedFiles(root, names)]
  await writeAll(root, files)
  return files
}

function newFiles(root: string, names: Names): FileToWrite[] {
  const { name } = names
  const files: Record<string, string> = {
    [`schemas/events/${name}.v1.avsc`]: avroSchema(names),
    [`schemas/events/${name}.v1.ts`]: typeFile(`${name}.v1`, avroSchema(names)),
    [`schemas/migrations/${migrationFile(root, name)}`]: migration(names),
    [`pipelines/steps/count-${name}.ts`]: fold(names),
    [`pipelines/topologies/${name}.ts`]: topology(names),
    [`test/pipelines/topologies/${name}.unit.test.ts`]: unitTest(names),
  }
  return Object.entries(files).map(([path, text]) => {
    if (existsSync(join(root, path)))
      throw new NewTopologyError(`${path} exists already: choose another name, or remove that file first`)
    return { path, text, isNew: true }
  })
}

function editedFiles(root: string, names: Names): FileToWrite[] {
  const edits: Record<string, Edit> = {
    'schemas/events.ts': editEvents,
    'schemas/topics.ts': editTopics,
    'schemas/migrations/index.ts': editMigrations(migrationFile(root, names.name)),
    'pipelines/topologies/index.ts': editTopologies,
  }
  return Object.entries(edits).map(([path, edit]) => ({
    path,
    text: edit(read(root, path), names),
    isNew: false,
  }))
}

/** The number after that of the newest migration. */
function migrationFile(root: string, name: string): string {
  const numbers = readdirSync(join(root, 'schemas/migrations')).map(
    (file) => /^(\d{3})-/.exec(file)?.[1] ?? 0,
  )
  const next = Math.max(0, ...numbers.map(Number)) + 1
  return `${String(next).padStart(3, '0')}-${name}.ts`
}

function read(root: string, path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch (error) {
    throw new NewTopologyError(
      `${path} cannot be read: ${(error as Error).message}: a new topology goes into a checkout of the project`,
      { cause: error },
    )
  }
}
