import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Templates } from '../../../gateway/push/templates.ts'

const about = { kind: 'recommendation', artistName: 'Miles Davis', becauseArtistName: 'Nina Simone' }
const all = new Templates()

test('a notification is told in the listener’s language, or its mother, or English', () => {
  const langOf = (locale?: string) => all.tell(about, { locale, others: 0 }).lang
  assert.deepEqual(['de', 'de-AT', 'pl-Latn-PL', 'xx', undefined].map(langOf), ['de', 'de', 'pl', 'en', 'en'])
  assert.deepEqual(all.tell(about, { locale: 'en-GB', others: 0 }), {
    title: 'Miles Davis for you',
    body: 'Because you listen to Nina Simone',
    lang: 'en',
  })
  const without = all.tell({ ...about, becauseArtistName: null }, { others: 0 })
  assert.equal(without.body, 'Something you may like')
})

test('numbers are told as the language tells them', () => {
  const bodies = (locale: string) =>
    [0, 1, 3, 5, 22, 12_345].map((others) => all.tell(about, { locale, others }).body)
  assert.deepEqual(bodies('en'), [
    'Because you listen to Nina Simone',
    'Because you listen to Nina Simone, and one more artist',
    ...['3', '5', '22', '12,345'].map((n) => `Because you listen to Nina Simone, and ${n} more artists`),
  ])
  assert.match(bodies('pl')[1]!, /jeden artysta/)
  assert.match(bodies('pl')[3]!, /5 artystów/)
})

test('a name is text, whatever it looks like, and never longer than there is room for', () => {
  const told = (artistName: string) => all.tell({ ...about, artistName }, { others: 0 }).title
  assert.equal(told('{{ because }}<b>"&amp;{% raw %}'), '{{ because }}<b>"&amp;{% raw %} for you')
  assert.equal(told('one\n\u202etwo\ud800'), 'one  two for you')
  assert.equal(told('🎷'.repeat(500)), `${'🎷'.repeat(80)} for you`)
  assert.equal(told('\u0007'), '… for you')
})

test('a template that could not be rendered is refused at start, by its file and what is wrong with it', (t) => {
  const refusal = (files: Record<string, unknown>) => {
    const dir = mkdtempSync(join(tmpdir(), 'templates-'))
    t.after(() => rmSync(dir, { recursive: true }))
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(dir, name), typeof text === 'string' ? text : JSON.stringify(text))
    try {
      new Templates(dir)
      return ''
    } catch (error) {
      assert.equal((error as Error).name, 'PushError')
      return (error as Error).message
    }
  }
  const good = { recommendation: { title: '{{ artist }}', body: '{{ because }}.' } }
  const bodied = (body: string) => ({ recommendation: { ...good.recommendation, body } })
  assert.equal(refusal({ 'en.json': good }), '')
  assert.match(refusal({ 'de.json': good }), /has no en\.json/)
  assert.match(refusal({ 'en.json': '{' }), /en\.json: .*JSON/)
  assert.match(refusal({ 'en.json': {} }), /en\.json: has no text recommendation\.title/)
  assert.match(refusal({ 'en.json': bodied('{{ artst }}') }), /en\.json: undefined variable: artst/)
  assert.match(refusal({ 'en.json': bodied('{{ artist | shout }}') }), /undefined filter: shout/)
  assert.match(refusal({ 'en.json': bodied('{{ artist') }), /en\.json: output .*not closed/)
  assert.match(refusal({ 'en.json': bodied('{{ because }}') }), /recommendation comes out empty/)
  const plural = "{{ others | plural: one: 'x', other: 'y' }}"
  assert.match(
    refusal({ 'en.json': good, 'pl.json': bodied(plural) }),
    /pl\.json: .*lacks .*few.*, which pl has/,
  )
})
