import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { needlesOf } from '../../../cli/privacy/identifiers.ts'
import { formsOf } from '../../../cli/privacy/search/forms.ts'
import { Needles } from '../../../cli/privacy/search/needles.ts'

/** The forms by which an identifier is found in what somebody has written. */
const formsIn = (text: string | Buffer, identifier: string) => {
  const found = new Needles(needlesOf([identifier])).find(Buffer.from(text as string))
  return [...new Set(found.map(({ needle }) => needle.name))]
}
const hashOf = (name: string, text: string) => createHash(name).update(text)

const MAIL = 'Ada.Lovelace+1@example.org'
const UUID = '6f1c2b3a-0d4e-4f5a-8b6c-7d8e9fa0b1c2'
const TEL = '+49 171 12345678'
const written: [what: string, text: string | Buffer, form: string, identifier?: string][] = [
  ['as it is', `user ${MAIL}!`, 'plain'],
  ['in any case', MAIL.toUpperCase(), 'plain'],
  ['without the space around it', `<${MAIL}>`, 'plain', ` ${MAIL}\t`],
  ['decomposed, where it is given composed', 'jérôme@x.org'.normalize('NFD'), 'plain', 'jérôme@x.org'],
  ['in upper case, of other letters, too', 'JÉRÔME@X.ORG', 'plain', 'jérôme@x.org'],
  ['in UTF-16', Buffer.from(MAIL, 'utf16le'), 'utf-16'],
  ['in UTF-16, the large end first', Buffer.from(MAIL, 'utf16le').swap16(), 'utf-16'],
  ['as JSON', JSON.stringify('say "ada"'), 'escaped', 'say "ada"'],
  ['as JSON in ASCII', 'j\\u00E9r\\u00f4me', 'escaped', 'jérôme'],
  ['as JSON that is safe in HTML', 'ada.lovelace\\u002b1@example.org', 'escaped'],
  ['as JSON of PHP', 'example.org\\/ada', 'escaped', 'example.org/ada'],
  ['quoted by ClickHouse', "['O\\'Brien']", 'escaped', "O'Brien"],
  ['in a path of a URL', `/users/${encodeURIComponent(MAIL)}/x`, 'url'],
  ['in a form', new URLSearchParams({ user: 'Ada Lovelace (1)' }).toString(), 'url', 'Ada Lovelace (1)'],
  ['in hex', Buffer.from(`xx${MAIL}`).toString('hex').toUpperCase(), 'hex'],
  ['in hex of lower case', Buffer.from(MAIL.toLowerCase()).toString('hex'), 'hex'],
  ...['md5', 'sha1', 'sha256', 'sha512'].flatMap((name): [string, string | Buffer, string][] => [
    [`as ${name}`, hashOf(name, MAIL).digest('hex'), `${name} hex`],
    [`as ${name} of lower case`, hashOf(name, MAIL.toLowerCase()).digest('hex').toUpperCase(), `${name} hex`],
    [`as ${name}, cut`, hashOf(name, MAIL).digest('hex').slice(0, 16), `${name} hex`],
    [`as bytes of ${name}`, hashOf(name, MAIL).digest(), name],
    [`as ${name} in base64`, hashOf(name, MAIL).digest('base64'), `${name} base64`],
    [`as ${name} in base64url`, hashOf(name, MAIL).digest('base64url'), `${name} base64`],
  ]),
  [
    'as md5 that looks like a UUID',
    hashOf('md5', MAIL)
      .digest('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    'md5 uuid',
  ],
  ['as md5 without the space around it', hashOf('md5', MAIL).digest('hex'), 'md5 hex', ` ${MAIL} `],
  ['an address as a number', 'ip=3405803853', 'address number', '203.0.113.77'],
  ['an address in hex', 'CB00714D', 'address hex', '203.0.113.77'],
  ['an address in IPv6', '::ffff:cb00:714d', 'address', '203.0.113.77'],
  [
    'an address as sixteen bytes',
    Buffer.from('00000000000000000000ffffcb00714d', 'hex'),
    'address bytes',
    '203.0.113.77',
  ],
  ['an address with a space behind it', '::ffff:cb00:714d', 'address', '203.0.113.77 '],
  ['an address of IPv4 that is given as one of IPv6', '203.0.113.77', 'address', '::ffff:203.0.113.77'],
  ['an address that is written out', '2001:0DB8:0000:0000:0000:0000:0000:0001', 'address', '2001:db8::1'],
  ['an address that is written short', '2001:db8::1', 'address', '2001:0db8:0:0:0:0:0:1'],
  ['a UUID without dashes', `user=${UUID.replaceAll('-', '').toUpperCase()}`, 'plain', UUID],
  ['a UUID with dashes that is given without', UUID, 'plain', UUID.replaceAll('-', '')],
  ['a UUID as its bytes', Buffer.from(`00${UUID.replaceAll('-', '')}`, 'hex'), 'uuid bytes', UUID],
  [
    'the bytes of a UUID in base64',
    Buffer.from(`00${UUID.replaceAll('-', '')}`, 'hex').toString('base64'),
    'uuid base64',
    UUID,
  ],
  ['a UUID as a hash of it without dashes', hashOf('md5', UUID.replaceAll('-', '')).digest(), 'md5', UUID],
  ['a telephone number without its plus', 'tel:4917112345678', 'plain', '+4917112345678'],
  ['a telephone number with spaces', '+4917112345678', 'plain', ' +49 (171) 123456-78'],
  ['a telephone number as a hash of its digits', hashOf('sha256', '4917112345678').digest(), 'sha256', TEL],
  ['a telephone number as it is dialled', hashOf('sha256', '004917112345678').digest(), 'sha256', TEL],
]

for (const [what, text, form, identifier = MAIL] of written)
  test(`an identifier is found ${what}`, () =>
    assert.ok(formsIn(text, identifier).includes(form), formsIn(text, identifier).join()))

const text = fc
  .string({ unit: 'grapheme', minLength: 4, maxLength: 30 })
  .filter((each) => each.trim().length >= 4)

test('in base64 it is found whatever is before and behind it', () => {
  fc.assert(
    fc.property(
      text,
      fc.uint8Array({ maxLength: 5 }),
      fc.uint8Array({ maxLength: 5 }),
      (identifier, before, behind) => {
        const all = Buffer.concat([before, Buffer.from(identifier), behind])
        for (const encoding of ['base64', 'base64url'] as const)
          assert.ok(formsIn(all.toString(encoding), identifier).includes('base64'))
        assert.ok(formsIn(all.toString('base64').replaceAll('=', ''), identifier).includes('base64'))
      },
    ),
  )
})

test('any text is found as it is, in JSON, in a URL, in UTF-16 and in hex', () => {
  fc.assert(
    fc.property(text, (identifier) => {
      const utf8 = Buffer.from(identifier)
      const all = [utf8, utf8.toString('hex'), JSON.stringify(identifier), Buffer.from(identifier, 'utf16le')]
      for (const each of [...all, encodeURIComponent(identifier)])
        assert.notDeepEqual(formsIn(each, identifier), [])
    }),
  )
})

test('nothing is found of another, of a network, or of a hash with a key', () => {
  assert.deepEqual(formsIn('203.0.113.0/24 ada.lovelace@example.org', '203.0.113.77'), [])
  assert.deepEqual(formsIn(createHash('sha256').update(`key${MAIL}`).digest('hex'), MAIL), [])
  assert.deepEqual(formsIn('Ada.Lovelace', MAIL), [])
})

test('digits alone are no address', () => {
  assert.deepEqual(formsIn('0.188.97.78', '12345678'), [])
})

test('each form is looked for once', () => {
  for (const identifier of ['listener', MAIL, '203.0.113.77', 'jérôme', UUID, TEL]) {
    const all = formsOf(identifier).map(
      ({ bytes, anyCase }) =>
        bytes.toString('latin1')[anyCase ? 'toLowerCase' : 'toString']() + String(anyCase),
    )
    assert.equal(new Set(all).size, all.length)
  }
})
