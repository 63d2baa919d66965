import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ImportReport, tableOf, totalsOf } from '../../../sources/import/report.ts'

const report: ImportReport = {
  importId: 'id-1',
  dryRun: false,
  listeners: [],
  files: 2,
  others: 1,
  unreadable: [{ path: 'a.json', why: 'it is no JSON' }],
  incomplete: [{ path: 'b.json', why: 'it ends in the middle' }],
  read: 1_234,
  skipped: { artist_missing: 3, time_malformed: 1 },
  alreadyImported: 30,
  sent: 1_200,
  settled: { clean: 1_195, duplicates: 4, deadLetters: 1 },
  waitedInVainFor: null,
}

test('read = produced + duplicate + skipped + dead-lettered, over import and anonymise together', () => {
  assert.deepEqual(totalsOf(report), {
    read: 1_234,
    produced: 1_195,
    duplicate: 34,
    skipped: 4,
    deadLettered: 1,
    addsUp: true,
  })
})

test('one play missing, or one too many, does not add up', () => {
  for (const [clean, says] of [
    [1_194, /does not add up: plays are missing/],
    [1_196, /does not add up: there are too many plays/],
  ] as const) {
    const other = { ...report, settled: { clean, duplicates: 4, deadLetters: 1 } }
    assert.equal(totalsOf(other).addsUp, false)
    assert.match(tableOf(other), says)
  }
})

test('a name of a file does nothing to the terminal', () => {
  const [path, why] = ['\u001b[2Ja\nb\u009b1m\u202egpj.ö 👩‍🎤.json', 'open \u001b[2Ja']
  const table = tableOf({ ...report, unreadable: [{ path, why }], incomplete: [{ path, why }] })
  const shown = String.raw`\u001b[2Ja\u000ab\u009b1m\u202egpj.ö 👩‍🎤.json: open \u001b[2Ja`
  assert.ok(table.includes(`\nNot read: ${shown}\nRead in part: ${shown}\n`), JSON.stringify(table))
})

test('the table shows each count once, with its parts', () => {
  assert.equal(
    tableOf(report),
    [
      'Import id-1',
      'files                                    2',
      'other files                              1',
      'records read                         1,234',
      'produced                             1,195',
      'duplicate                               34',
      '  of an earlier import or file          30',
      '  seen by anonymise                      4',
      'skipped                                  4',
      '  artist_missing                         3',
      '  time_malformed                         1',
      'dead-lettered                            1',
      'Not read: a.json: it is no JSON',
      'Read in part: b.json: it ends in the middle',
      'Adds up: read = produced + duplicate + skipped + dead-lettered.',
    ].join('\n'),
  )
})

test('without waiting the sum goes as far as what was sent', () => {
  const sent = { ...report, settled: null }
  assert.equal(totalsOf(sent).addsUp, true)
  assert.match(tableOf(sent), /sent +1,200[^]*as far as topic plays/)
})

test('waited for in vain: it does not add up, and says for whom', () => {
  const late = { ...report, settled: null, waitedInVainFor: 'continuo.anonymise' }
  assert.equal(totalsOf(late).addsUp, false)
  assert.match(tableOf(late), /continuo\.anonymise has not read them/)
})

test('a dry run says that nothing was imported; a time without a zone, what to give', () => {
  const dry = { ...report, dryRun: true, settled: null, skipped: { time_zone_unknown: 4 } }
  assert.match(tableOf(dry), /Nothing is imported[^]*would be sent +1,200[^]*--time-zone[^]*not looked up/)
})
