import type { RunTopologyOptions } from '../run-topology.ts'

/** Why state cannot be kept where these options say, and what to do; undefined if it can. */
export function whyNotOnDisk({
  stateStore,
  stateDir,
  guarantee,
}: Required<Pick<RunTopologyOptions, 'stateStore' | 'stateDir' | 'guarantee'>>): string | undefined {
  if (stateStore !== 'disk') return undefined
  if (stateDir === '')
    return 'state is to be kept on disk, and nobody says where: set STATE_DIR to a folder that lasts, or STATE_STORE to memory'
  if (guarantee !== 'exactly-once')
    return (
      `state cannot be kept on disk with ${guarantee}, for its changelogs may have what another process has written: set ` +
      'PROCESSING_GUARANTEE to exactly-once, or STATE_STORE to memory'
    )
  return undefined
}
