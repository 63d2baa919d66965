import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Liquid, type Template } from 'liquidjs'
import type { Notification } from '../../schemas/events.ts'
import { PushError } from './errors.ts'

/** What a notification says to people, as plain text: whoever shows it takes it for nothing else. */
export interface Told {
  title: string
  body: string
  /** BCP 47: the language that it is in, which may not be the one that was asked for. */
  lang: string
}

const kinds = ['recommendation'] as const
const parts = ['title', 'body'] as const
type Kind = (typeof kinds)[number]

/** Whether there are texts for what a notification is. */
export const isKind = (kind: string): kind is Kind => (kinds as readonly string[]).includes(kind)

type Texts = Record<Kind, Record<(typeof parts)[number], string>>
type Parsed = Record<Kind, Record<(typeof parts)[number], Template[]>>

/** A name that is longer would leave no room for anything else. */
const LONGEST_NAME = 80
/** One grapheme may have any number of code points. */
const LONGEST_NAME_BYTES = 640
const FALLBACK = 'en'
const templatesDir = join(import.meta.dirname, 'templates')

/** Neither line breaks nor what turns the direction of the text that follows. */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/** Something of each kind: with and without a reason, alone and with others, as many as any language tells apart. */
const samples = [null, 'Nina Simone'].flatMap((because) =>
  [0, 1, 2, 3, 5, 11, 21, 100, 1_000_000].map((others) => ({ artist: 'Miles Davis', because, others })),
)

/**
 * Texts of notifications by language: a file `<language>.json` each, in Liquid, which is given `artist`, `because` (null where there is no
 * reason) and `others`, the number of further artists. `{{ others | plural: one: '…', other: '…' }}` chooses by the rules of the language
 * (CLDR), with `#` for the number.
 */
export class Templates {
  readonly #engines = new Map<string, { liquid: Liquid; parsed: Parsed }>()

  /** Reads and tries all. @throws PushError naming the file, and what in it is not as it should be */
  constructor(dir = templatesDir) {
    for (const file of readdirSync(dir).filter((name) => name.endsWith('.json'))) {
      const [path, lang] = [join(dir, file), file.slice(0, -'.json'.length)]
      try {
        this.#engines.set(lang, engineFor(lang, JSON.parse(readFileSync(path, 'utf8')) as Partial<Texts>))
        for (const kind of kinds) for (const sample of samples) this.#render(lang, kind, sample)
      } catch (cause) {
        throw new PushError(`template ${path}: ${(cause as Error).message}`, { cause })
      }
    }
    if (!this.#engines.has(FALLBACK))
      throw new PushError(`${dir} has no ${FALLBACK}.json, which all others fall back on`)
  }

  /** @param others how many further artists there would have been to tell of */
  tell(
    { kind, artistName, becauseArtistName }: Pick<Notification, 'kind' | 'artistName' | 'becauseArtistName'>,
    { locale = FALLBACK, others }: { locale?: string | undefined; others: number },
  ): Told {
    const lang = [locale, locale.split('-')[0]!].find((each) => this.#engines.has(each)) ?? FALLBACK
    return this.#render(lang, kind as Kind, {
      artist: shown(artistName),
      because: becauseArtistName === null ? null : shown(becauseArtistName),
      others,
    })
  }

  #render(lang: string, kind: Kind, about: (typeof samples)[number]): Told {
    const { liquid, parsed } = this.#engines.get(lang)!
    const [title, body] = parts.map((part) => String(liquid.renderSync(parsed[kind][part], about)).trim())
    if (title === '' || body === '')
      throw new PushError(`${kind} comes out empty for ${JSON.stringify(about)}`)
    return { title: title!, body: body!, lang }
  }
}

function engineFor(lang: string, texts: Partial<Texts>): { liquid: Liquid; parsed: Parsed } {
  const liquid = new Liquid({ strictVariables: true, strictFilters: true })
  const rules = new Intl.PluralRules(lang)
  const needed = rules.resolvedOptions().pluralCategories
  liquid.registerFilter('plural', (count: number, ...given: [Intl.LDMLPluralRule, string][]) => {
    const forms = new Map(given)
    const missing = needed.filter((category) => !forms.has(category))
    if (missing.length > 0) throw new PushError(`plural lacks ${missing.join(', ')}, which ${lang} has`)
    return forms.get(rules.select(count))!.replaceAll('#', count.toLocaleString(lang))
  })
  const parsed = Object.fromEntries(
    kinds.map((kind) => [
      kind,
      Object.fromEntries(
        parts.map((part) => {
          const text = texts[kind]?.[part]
          if (typeof text !== 'string') throw new PushError(`has no text ${kind}.${part}`)
          return [part, liquid.parse(text)]
        }),
      ),
    ]),
  ) as Parsed
  return { liquid, parsed }
}

const graphemes = new Intl.Segmenter()

/** A name, as people are to see it; artists call themselves what they like. */
function shown(name: string): string {
  const cleaned = name.slice(0, 20 * LONGEST_NAME).replace(UNSEEN, ' ')
  const seen = graphemes.segment(cleaned)[Symbol.iterator]().take(LONGEST_NAME)
  const text = Buffer.from(
    Array.from(seen, ({ segment }) => segment)
      .join('')
      .trim(),
  ).subarray(0, LONGEST_NAME_BYTES)
  return new TextDecoder().decode(text, { stream: true }) || '…'
}
