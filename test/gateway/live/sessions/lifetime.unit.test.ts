import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disconnects } from '../../../../gateway/live/protocol/codes.ts'
import { Lifetime } from '../../../../gateway/live/sessions/lifetime.ts'

const limits = { connectWithin: 100, pingEvery: 25, pongWithin: 8, refreshGrace: 10 }

test('who does not connect in time is stale', () => {
  const lifetime = new Lifetime(limits, 1000)
  assert.equal(lifetime.due(1099, 0), undefined)
  assert.equal(lifetime.due(1100, 0), undefined)
  assert.equal(lifetime.due(1101, 0), disconnects.stale)
})

test('who has asked, and waits for the node, is not', () => {
  const lifetime = new Lifetime(limits, 1000)
  assert.equal(lifetime.due(1100, 0, true), undefined)
  assert.equal(lifetime.due(5000, 0, true), undefined)
  assert.equal(lifetime.due(5001, 0), undefined)
  assert.equal(lifetime.due(5002, 0), disconnects.stale)
})

test('nor is whose command came while the node stood still: what has come is read behind the first look at the clock', () => {
  const lifetime = new Lifetime(limits, 1000)
  assert.equal(lifetime.due(9000, 0), undefined)
  lifetime.connected(9001, 20_000)
  assert.equal(lifetime.due(9002, 0), undefined)
})

test('a ping is due now and again, and its answer in time', () => {
  const lifetime = new Lifetime(limits, 1000)
  lifetime.connected(1010, 9000)
  assert.equal(lifetime.due(1034, 0), undefined)
  assert.equal(lifetime.due(1035, 0), 'ping')
  assert.equal(lifetime.due(1042, 0), undefined)
  lifetime.pong()
  assert.equal(lifetime.due(1043, 0), undefined)
  assert.equal(lifetime.due(1060, 0), 'ping')
  assert.equal(lifetime.due(1067, 0), undefined)
  assert.equal(lifetime.due(1068, 0), disconnects.noPong)
})

test('a token ends after its grace, unless it is refreshed', () => {
  const lifetime = new Lifetime({ ...limits, pingEvery: 1e9 }, 1000)
  lifetime.connected(1000, 2000)
  assert.equal(lifetime.due(1000, 2009), undefined)
  assert.equal(lifetime.due(1000, 2010), disconnects.expired)
  lifetime.refreshed(3000)
  assert.equal(lifetime.due(1000, 2010), undefined)
  assert.equal(lifetime.due(1000, 3010), disconnects.expired)
})

test('a token without a near end never overflows a timer', () => {
  const lifetime = new Lifetime({ ...limits, pingEvery: 1e15 }, 1000)
  lifetime.connected(1000, 1e300)
  assert.equal(lifetime.due(1e13, 1e13), undefined)
})
