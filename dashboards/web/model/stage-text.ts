import type { StageHealth, StageState } from '../../server/endpoints/pipeline.ts'
import { percent } from './format.ts'

interface StateText {
  text: string
  tone: 'good' | 'bad' | 'passing'
  /** What is the matter, and what to do, where a stage does not get out of it by itself. */
  remedy?: string
}

const states: Record<StageState, StateText> = {
  running: { text: 'Running', tone: 'good' },
  catching_up: { text: 'Catching up', tone: 'passing' },
  restoring: { text: 'Restoring', tone: 'passing' },
  dividing: { text: 'Dividing its tasks', tone: 'passing' },
  starting: { text: 'Starting', tone: 'passing' },
  stuck: {
    text: 'Stuck',
    tone: 'bad',
    remedy: 'has records to do and commits nothing: see its log.',
  },
  silent: {
    text: 'Silent',
    tone: 'bad',
    remedy:
      'has a process that says nothing any more – killed, hanging or cut off. Its tasks go to another, if there is one.',
  },
  stopped: {
    text: 'Stopped',
    tone: 'bad',
    remedy:
      'has stopped by itself, as too many records would have been set aside: its log tells which, and what to do.',
  },
  nobody_runs_it: {
    text: 'Nobody runs it',
    tone: 'bad',
    remedy: 'has no process: start one, and it goes on from where it has committed.',
  },
  topics_missing: {
    text: 'Topics missing',
    tone: 'bad',
    remedy: 'has topics that are not there: `continuo migrate` makes them, or check TOPIC_PREFIX.',
  },
}

/** How a stage is, in words, and whether that is as it should be. */
export function stateText({ state, restored }: Pick<StageHealth, 'state' | 'restored'>): StateText {
  const { text, ...rest } = states[state]
  return {
    ...rest,
    text: state === 'restoring' && restored !== null ? `${text}, ${percent(restored)}` : text,
  }
}
