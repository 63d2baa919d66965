import type { Random } from './random.ts'

const adjectives = words(
  'Amber Ancient Borrowed Bright Broken Burning Distant Electric Faded Frozen Gentle Golden Hidden Hollow Hungry Idle ' +
    'Invisible Late Lonely Lucky Midnight Neon Northern Paper Quiet Restless Royal Rusty Silent Silver Sleepy Slow Static ' +
    'Summer Tangled Velvet Violet Wandering Wild Winter',
)
const nouns = words(
  'Anchor Arrow Atlas Avenue Beacon Canyon Cathedral Comet Coyote Delta Echo Ember Fountain Garden Harbour Horizon Kite ' +
    'Lantern Lighthouse Magnet Meadow Mirror Moth Ocean Orchard Parade Piano Postcard Radio River Satellite Shadow Signal ' +
    'Sparrow Station Thunder Tiger Window Wolf Zeppelin',
)
const firstNames = words(
  'Ada Aiko Amara Anders Bela Carmen Dario Elif Emeka Farid Greta Hanna Ines Ivo Jonas Kaya Lena Leo Luca Mara Mateo Mina ' +
    'Nadia Noor Oskar Paloma Priya Rafael Rosa Samir Sanne Sofia Tariq Theo Uma Vera Wanda Yara Yusuf Zoe',
)
const lastNames = words(
  'Abara Almeida Anand Becker Bergstrom Castell Demir Eriksen Fontaine Garrido Haddad Holm Iwata Jansen Kovac Lindqvist ' +
    'Marchetti Moreau Nakamura Novak Okafor Olsen Petrov Quint Rahimi Ricci Sand Santos Sato Silva Suarez Tamm Torres ' +
    'Ulrich Vance Varga Weiss Yilmaz Zamora Zielinski',
)
const genres = words('Orchestra Ensemble Quartet Collective Trio Sound System Choir Machine Club')

function words(text: string): readonly string[] {
  return text.split(' ')
}

const artistShapes: readonly ((random: Random) => string)[] = [
  (random) => `The ${random.pick(adjectives)} ${random.pick(nouns)}s`,
  (random) => `${random.pick(firstNames)} ${random.pick(lastNames)}`,
  (random) => `${random.pick(adjectives)} ${random.pick(nouns)}`,
  (random) => `${random.pick(firstNames)} & the ${random.pick(nouns)}s`,
  (random) => `${random.pick(lastNames)} ${random.pick(genres)}`,
]

const trackShapes: readonly ((random: Random) => string)[] = [
  (random) => `${random.pick(adjectives)} ${random.pick(nouns)}`,
  (random) => `${random.pick(nouns)} for ${random.pick(firstNames)}`,
  (random) => `${random.pick(nouns)} and ${random.pick(nouns)}`,
  (random) => `Like a ${random.pick(nouns)}`,
  (random) => `${random.pick(adjectives)} ${random.pick(nouns)} (Live)`,
]

const moods = words('Morning Evening Rainy Sunday Running Working Cooking Driving Party Quiet')

/** What a playlist with this number is called: "Rainy Kite 12". */
export const playlistName = (number: number): string =>
  `${moods[number % moods.length]!} ${nouns[number % nouns.length]!} ${number}`

/** A readable artist name that nobody has, as far as we know. */
export const artistName = (random: Random): string => random.pick(artistShapes)(random)

export const trackName = (random: Random): string => random.pick(trackShapes)(random)
