import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type PreferenceName, isPreferenceName, preferenceForms } from '../../schemas/preferences.ts'

const LONGEST = 'a'.repeat(512)

/** Values that are taken, each with its canonical form. */
const taken: Record<PreferenceName, Record<string, string>> = {
  'block-artist': { a1: 'a1', [LONGEST]: LONGEST },
  'unblock-artist': { a1: 'a1', [LONGEST]: LONGEST },
  country: { NO: 'NO' },
  locale: {
    nb: 'nb',
    'EN-us': 'en-US',
    'zh-hant-tw': 'zh-Hant-TW',
    'es-419': 'es-419',
    iw: 'he',
    'de-DE-u-co-phonebk': 'de-DE',
    'en-x-ada-lovelac': 'en',
    'en-lovelace': 'en',
  },
  'time-zone': { 'Europe/Oslo': 'Europe/Oslo', 'europe/oslo': 'Europe/Oslo', 'Etc/UTC': 'UTC' },
  push: { on: 'on', off: 'off' },
  'quiet-hours': {
    none: 'none',
    '22:00-07:00': '22:00-07:00',
    '00:00-23:59': '00:00-23:59',
    '08:00-08:01': '08:00-08:01',
  },
  'pushes-a-day': { '0': '0', '9': '9', '10': '10', '99': '99', '100': '100' },
}

const refused: Record<PreferenceName, string[]> = {
  'block-artist': ['', `${LONGEST}a`],
  'unblock-artist': ['', `${LONGEST}a`],
  country: ['', 'no', 'NOR', 'N', 'NO\n', ' NO'],
  locale: ['', 'en_US', 'x-ada', 'lovelace', 'ada.lovelace', 'en-', 'en\n', 'und', 'und-US'],
  'time-zone': ['', 'Europe/Nowhere', '+01:00', '-0530', '\u221201:00', ' Europe/Oslo', 'ada'],
  push: ['', 'ON', 'yes', 'on\n'],
  'quiet-hours': [
    '',
    'None',
    '22:00',
    '22-07',
    '24:00-07:00',
    '22:60-07:00',
    '22:00-7:00',
    '2:00-07:00',
    '08:00-08:00',
    '22:00-07:00\n',
    '22:00–07:00',
    'x22:00-07:00',
  ],
  'pushes-a-day': ['', '-1', '101', '1000', '01', '1.5', '1e1', ' 1', '1\n', 'ten'],
}

for (const [name, values] of Object.entries(taken) as [PreferenceName, Record<string, string>][])
  for (const [value, canonical] of Object.entries(values))
    test(`${name} may be ${value.slice(0, 30)}`, () => assert.equal(preferenceForms[name](value), canonical))

for (const [name, values] of Object.entries(refused) as [PreferenceName, string[]][])
  for (const value of values)
    test(`${name} is never ${JSON.stringify(value.slice(0, 30))}`, () =>
      assert.equal(preferenceForms[name](value), undefined))

test('every preference has been tried both ways, and nothing else is one', () => {
  assert.deepEqual(Object.keys(taken), Object.keys(preferenceForms))
  for (const name of ['', 'Country', 'constructor', '__proto__', 'toString', 'block'])
    assert.ok(!isPreferenceName(name), name)
})

const anyValue = fc.oneof(
  fc.string(),
  fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
  ...Object.values(taken).map((values) => fc.constantFrom(...Object.keys(values))),
)

test('a canonical form is its own canonical form', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(preferenceForms)), anyValue, (form, value) => {
      const canonical = form(value)
      if (canonical !== undefined) assert.equal(form(canonical), canonical)
    }),
  )
})

test('but for the ids of artists nothing goes through that somebody has written freely', () => {
  const word = fc.stringMatching(/^[a-z]{5,8}$/)
  const { 'block-artist': _, 'unblock-artist': __, ...closed } = preferenceForms
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(closed)), word, (form, secret) => {
      for (const value of [secret, `en-${secret}`, `en-x-${secret}`, `en-u-co-${secret}`, `none ${secret}`])
        assert.ok(form(value)?.includes(secret) !== true, value)
    }),
  )
})
