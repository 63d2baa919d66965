import { createHash } from 'node:crypto'
import ipaddr from 'ipaddr.js'

/** A way in which an identifier may be written: bytes to be looked for, and what to call them. */
export interface Form {
  name: string
  bytes: Buffer
  /** Whether ASCII letters count in either case. */
  anyCase: boolean
}

/** Shorter ones would be found everywhere. */
export const LEAST_BYTES = 4
/** What a hash that somebody has cut still has. */
const HASH_BYTES = 8
/** Of an address as a number, and of digits alone. */
const LEAST_DIGITS = 8

const hashes = ['md5', 'sha1', 'sha256', 'sha512']

/** All forms in which an identifier is looked for, each once. */
export function formsOf(identifier: string): Form[] {
  const trimmed = identifier.trim()
  const others = [...uuidTextsIn(trimmed), ...telephonesIn(trimmed)].flatMap(spellingsOf)
  const texts = [...spellingsOf(identifier), ...others]
  const forms = [
    ...texts.flatMap(plain),
    ...texts.flatMap((text) => coded(Buffer.from(text))),
    ...[...spellingsOf(trimmed), ...others].flatMap(hashed),
    ...addressesIn(trimmed),
    ...uuidBytesIn(trimmed),
  ].filter(({ bytes }) => bytes.length >= LEAST_BYTES)
  const key = ({ bytes, anyCase }: Form) =>
    anyCase ? bytes.toString('latin1').toLowerCase() : bytes.toString('latin1')
  return [
    ...new Map(forms.toReversed().map((form) => [`${key(form)}/${form.anyCase}`, form])).values(),
  ].toReversed()
}

/** As given and trimmed, in lower and upper case, composed and decomposed. */
function spellingsOf(identifier: string): string[] {
  const cases = [identifier, identifier.trim()].flatMap((text) => [
    text,
    text.toLowerCase(),
    text.toUpperCase(),
  ])
  return [...new Set(cases.flatMap((text) => [text, text.normalize('NFC'), text.normalize('NFD')]))]
}

function plain(text: string): Form[] {
  const utf16 = Buffer.from(text, 'utf16le')
  return [
    { name: 'plain', bytes: Buffer.from(text), anyCase: true },
    { name: 'utf-16', bytes: utf16, anyCase: true },
    { name: 'utf-16', bytes: Buffer.from(utf16).swap16(), anyCase: true },
    ...escapesOf(text).map((escaped) => ({ name: 'escaped', bytes: Buffer.from(escaped), anyCase: true })),
    ...percentsOf(text).map((escaped) => ({ name: 'url', bytes: Buffer.from(escaped), anyCase: true })),
  ]
}

const unicodeEscape = (char: string) =>
  Array.from(
    { length: char.length },
    (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('')

/** As JSON has it: by its own rules, in ASCII alone, safe in HTML, and as ClickHouse quotes what is in an array. */
function escapesOf(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1)
  const ascii = json.replaceAll(/[^\0-\x7f]/gu, unicodeEscape)
  return [
    json,
    ascii,
    json.replaceAll('/', '\\/'),
    ascii.replaceAll(/[<>&'+=]/g, unicodeEscape),
    text.replaceAll(/['\\]/g, '\\$&'),
  ]
}

const percent = (char: string) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`

function percentsOf(text: string): string[] {
  // Half a pair of surrogates is no text that a URL could have.
  const whole = text.toWellFormed()
  const strict = encodeURIComponent(whole).replaceAll(/[!'()*~]/g, percent)
  return [
    encodeURI(whole),
    encodeURIComponent(whole),
    strict,
    strict.replaceAll('%20', '+'),
    strict.replaceAll(/[-._]/g, percent),
  ]
}

function coded(bytes: Buffer, name = ''): Form[] {
  return [
    { name: `${name}hex`, bytes: Buffer.from(bytes.toString('hex')), anyCase: true },
    ...base64Of(bytes).map((text) => ({ name: `${name}base64`, bytes: Buffer.from(text), anyCase: false })),
  ]
}

/** What is the same of them in base64 whatever comes before and behind: it depends on where in a group of three they begin. */
function base64Of(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes])
    const [from, until] = [Math.ceil((8 * before) / 6), Math.floor((8 * all.length) / 6)]
    return [all.toString('base64').slice(from, until), all.toString('base64url').slice(from, until)]
  })
}

/** Of each hash its beginning, by which it is found cut, too. */
function hashed(text: string): Form[] {
  return hashes.flatMap((name) => {
    const bytes = createHash(name).update(text).digest()
    const beginning = bytes.subarray(0, HASH_BYTES)
    const [, one, two, three] = /^(.{8})(.{4})(.{4})/.exec(bytes.toString('hex')) as unknown as string[]
    return [
      { name, bytes: beginning, anyCase: false },
      ...coded(beginning, `${name} `),
      { name: `${name} uuid`, bytes: Buffer.from(`${one}-${two}-${three}`), anyCase: true },
    ]
  })
}

const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i

/** With dashes and without. */
function uuidTextsIn(text: string): string[] {
  const [, ...parts] = UUID.exec(text) ?? []
  return parts.length === 0 ? [] : [parts.join('-'), parts.join('')]
}

function uuidBytesIn(text: string): Form[] {
  if (!UUID.test(text)) return []
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex')
  return [{ name: 'uuid bytes', bytes, anyCase: false }, ...coded(bytes, 'uuid ')]
}

/** A number with its country's code: digits alone, and as it is dialled. */
function telephonesIn(text: string): string[] {
  const digits = /^\+[\d ()./-]+$/.test(text) ? text.replaceAll(/\D/g, '') : ''
  return digits.length < LEAST_DIGITS ? [] : [`+${digits}`, digits, `00${digits}`]
}

/** Digits alone, which ipaddr takes as well, are no address. */
const addressesIn = (text: string): Form[] =>
  /[.:]/.test(text) && ipaddr.isValid(text) ? ofAddress(ipaddr.process(text)) : []

/** Other ways to write an address. The four bytes of IPv4 alone would be found in whatever is sealed or compressed. */
function ofAddress(address: ipaddr.IPv4 | ipaddr.IPv6): Form[] {
  const bytes = Buffer.from(address.toByteArray())
  const v6 = address instanceof ipaddr.IPv6 ? address : address.toIPv4MappedAddress()
  const texts = [
    address.toNormalizedString(),
    v6.toNormalizedString(),
    v6.toRFC5952String(),
    v6.parts.map((part) => part.toString(16).padStart(4, '0')).join(':'),
  ]
  const number = bytes.length === 4 ? String(bytes.readUInt32BE()) : ''
  return [
    ...texts.map((text) => ({ name: 'address', bytes: Buffer.from(text), anyCase: true })),
    { name: 'address hex', bytes: Buffer.from(bytes.toString('hex')), anyCase: true },
    { name: 'address bytes', bytes: Buffer.from(v6.toByteArray()), anyCase: false },
    ...(number.length >= LEAST_DIGITS
      ? [{ name: 'address number', bytes: Buffer.from(number), anyCase: false }]
      : []),
  ]
}
