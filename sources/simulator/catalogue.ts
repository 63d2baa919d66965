import { artistName, trackName } from './names.ts'
import { Random } from './random.ts'
import { zipf } from './zipf.ts'

export interface Track {
  id: string
  name: string
  artist: Artist
  /** Of ten tracks each. */
  album: Album
  /** Milliseconds. */
  duration: number
}

export interface Album {
  id: string
  name: string
}

export interface Artist {
  id: string
  name: string
  /** The most played first. */
  tracks: Track[]
}

export interface Catalogue {
  /** The most played first. */
  artists: Artist[]
  /** A track as listeners choose: Zipf over artists, then over the artist's tracks. */
  choose(random: Random): Track
}

/** Near what music charts show: the first of 500 artists has about one play in thirteen. */
const ARTIST_EXPONENT = 0.9
const TRACK_EXPONENT = 0.7
const TRACKS_AN_ALBUM = 10

/** An invented catalogue. The same seed and sizes give the same artists and tracks, ids and names. */
export function inventCatalogue(seed: string, artistCount: number, tracksPerArtist: number): Catalogue {
  const random = new Random(`${seed}/catalogue`)
  const taken = new Set<string>()
  const artists = Array.from({ length: artistCount }, (_, rank) => {
    const artist: Artist = { id: `artist-${rank + 1}`, name: unique(artistName(random), taken), tracks: [] }
    artist.tracks = inventTracks(artist, tracksPerArtist, random)
    return artist
  })
  const artistRank = zipf(artistCount, ARTIST_EXPONENT)
  const trackRank = zipf(tracksPerArtist, TRACK_EXPONENT)
  return {
    artists,
    choose: (chance) => artists[artistRank(chance)]!.tracks[trackRank(chance)]!,
  }
}

function inventTracks(artist: Artist, count: number, random: Random): Track[] {
  const taken = new Set<string>()
  const albums = Array.from({ length: Math.ceil(count / TRACKS_AN_ALBUM) }, (_, index) => ({
    id: `${artist.id}-album-${index + 1}`,
    name: `${artist.name}, ${index + 1}`,
  }))
  return Array.from({ length: count }, (_, rank) => ({
    id: `${artist.id}-track-${rank + 1}`,
    name: unique(trackName(random), taken),
    artist,
    album: albums[Math.floor(rank / TRACKS_AN_ALBUM)]!,
    duration: Math.round(Math.min(Math.max(random.normal(210_000, 45_000), 60_000), 480_000)),
  }))
}

/** The name, numbered if there is one like it: "Silver River 2". */
function unique(name: string, taken: Set<string>): string {
  let candidate = name
  for (let number = 2; taken.has(candidate); number++) candidate = `${name} ${number}`
  taken.add(candidate)
  return candidate
}
