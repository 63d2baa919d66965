import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stageStates } from '../../../../dashboards/server/endpoints/pipeline.ts'
import { stateText } from '../../../../dashboards/web/model/stage-text.ts'

test('each state has words of its own, and one that is bad says what to do', () => {
  const told = stageStates.map((state) => stateText({ state, restored: null }))
  assert.equal(new Set(told.map(({ text }) => text)).size, stageStates.length)
  for (const { tone, remedy } of told) assert.equal(remedy !== undefined, tone === 'bad')
})

test('how far a restoration is, is told where it is known', () => {
  assert.equal(stateText({ state: 'restoring', restored: 0.25 }).text, 'Restoring, 25.0%')
  assert.equal(stateText({ state: 'restoring', restored: null }).text, 'Restoring')
})
