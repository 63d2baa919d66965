/**
 * Where a join of ours differs from Kafka Streams 4.3.1 over its own vectors, row by row. A row is written as
 * `row that caused it, key, time, left, right`; `-` is no partner; `→` names the row that causes it here.
 */
export interface Differences {
  /**
   * Kafka Streams gives out a row without a partner at once when it comes after its time and `within`, though a partner may still
   * come in the grace. Here it waits for the grace.
   */
  beforeGrace: readonly string[]
  /**
   * Kafka Streams looks for rows without a partner only when the last that it looked at is due, and so gives out some later than
   * they are due. Here stream time past time, `within` and `grace` is enough, for each.
   */
  afterTheyWereDue: readonly string[]
  /**
   * Pairs of Kafka Streams with a row that was due to come out alone: it may be told of alone and with partners. Here it comes
   * out alone, and nobody finds it afterwards …
   */
  pairedAfterTheyWereDue: readonly string[]
  /** … so these are the rows of such pairs that come out alone here, and not there. */
  aloneInstead: readonly string[]
}

export const leftDifferences: Differences = {
  beforeGrace: [
    '10 k6 1700000624832 10 - → 12',
    '114 k9 1700000910000 114 - → 117',
    '191 k7 1700001128882 191 - → 192',
  ],
  afterTheyWereDue: [
    '41 k11 1700000670001 20 - → 37',
    '41 k9 1700000680112 18 - → 37',
    '55 k7 1700000700001 27 - → 49',
    '55 k1 1700000710000 33 - → 49',
    '55 k7 1700000710000 35 - → 49',
    '63 k11 1700000721000 37 - → 59',
    '119 k10 1700000900000 94 - → 112',
    '119 k11 1700000905988 95 - → 113',
    '137 k10 1700000930000 108 - → 124',
    '137 k2 1700000940000 115 - → 128',
    '178 k1 1700001020000 149 - → 168',
    '178 k4 1700001029999 157 - → 171',
    '178 k10 1700001033000 154 - → 171',
    '251 k4 1700001210000 214 - → 236',
    '251 k3 1700001227000 222 - → 244',
    '251 k7 1700001227000 225 - → 244',
    '251 k4 1700001228477 224 - → 244',
    '265 k4 1700001252000 236 - → 260',
    '287 k0 1700001300001 268 - → 285',
  ],
  pairedAfterTheyWereDue: [
    '45 k9 1700000689546 18 45',
    '54 k10 1700000730001 24 54',
    '109 k2 1700000909999 90 109',
    '184 k10 1700001090001 168 184',
    '185 k4 1700001010454 144 185',
    '263 k8 1700001245000 233 263',
    '290 k8 1700001310000 269 290',
  ],
  aloneInstead: [
    '49 k10 1700000700001 24 -',
    '183 k10 1700001062902 168 -',
    '256 k8 1700001245000 233 -',
    '295 k10 1700001327000 271 -',
    '299 k9 1700001335783 278 -',
  ],
}

export const outerDifferences: Differences = {
  beforeGrace: [
    '10 k6 1700000624832 10 - → 12',
    '16 k10 1700000647318 - 16 → 22',
    '114 k9 1700000910000 114 - → 117',
    '191 k7 1700001128882 191 - → 192',
    '218 k5 1700001180000 - 218 → 220',
  ],
  afterTheyWereDue: [
    '37 k2 1700000669505 - 12 → 33',
    '37 k2 1700000669999 - 21 → 33',
    '49 k10 1700000689390 22 - → 41',
    '49 k8 1700000690000 - 25 → 43',
    '63 k11 1700000721000 37 - → 59',
    '108 k1 1700000857056 - 73 → 93',
    '108 k2 1700000879999 90 - → 102',
    '119 k10 1700000900000 94 - → 112',
    '119 k11 1700000905988 95 - → 113',
    '119 k4 1700000910001 - 97 → 117',
    '128 k4 1700000925986 - 105 → 121',
    '128 k10 1700000930000 108 - → 124',
    '146 k7 1700000968635 - 123 → 144',
    '171 k11 1700001017000 - 148 → 165',
    '171 k1 1700001020000 149 - → 168',
    '233 k1 1700001193885 - 202 → 229',
    '251 k4 1700001210000 214 - → 236',
    '251 k3 1700001227000 222 - → 244',
    '251 k7 1700001227000 225 - → 244',
    '251 k4 1700001228477 224 - → 244',
    '260 k8 1700001245000 233 - → 256',
    '260 k11 1700001248963 - 235 → 256',
    '271 k11 1700001269999 - 245 → 265',
    '271 k3 1700001282020 251 - → 270',
    '287 k4 1700001290000 - 259 → 275',
    '287 k4 1700001300000 - 260 → 285',
    '287 k0 1700001300001 268 - → 285',
    '295 k1 1700001323378 - 270 → 291',
  ],
  pairedAfterTheyWereDue: [
    '45 k9 1700000689546 18 45',
    '54 k10 1700000730001 24 54',
    '109 k2 1700000909999 90 109',
    '184 k10 1700001090001 168 184',
    '185 k4 1700001010454 144 185',
    '263 k8 1700001245000 233 263',
    '290 k8 1700001310000 269 290',
    '294 k5 1700001300000 294 255',
  ],
  aloneInstead: [
    '117 k2 1700000909999 - 109',
    '185 k4 1700000998191 - 185',
    '188 k10 1700001090001 - 184',
    '263 k8 1700001240001 - 263',
    '290 k8 1700001309000 - 290',
    '294 k5 1700001300000 294 -',
    '299 k9 1700001335783 278 -',
  ],
}
