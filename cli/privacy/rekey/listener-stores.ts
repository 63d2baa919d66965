import { PUSH_STAGE } from '../../push/stage.ts'
import { sinkStages } from '../../sinks/stages.ts'

/** Who else has letters, and whether what it is given back has pseudonyms in it. A test names a stage that is not here. */
export const otherStages: Readonly<Record<string, boolean>> = {
  [sinkStages.clickhouse]: true,
  [sinkStages.lists]: true,
  // Totals by artist.
  [sinkStages.redis]: false,
  [PUSH_STAGE]: true,
}

/**
 * What state topologies keep, and whether its entries lie under a listener's pseudonym. A test names a store that is not here.
 */
export const storesByListener: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  anonymise: {
    // By event id.
    'deduplicate-1': false,
    'deduplicate-reactions': false,
    'deduplicate-preferences': false,
  },
  // By artist; whom a minute has counted it remembers as hashes.
  'listening-totals': { 'fold-window-1': false, 'stream-time': false },
  recommendations: { 'fold-window-1': true, 'fold-tastes': true, 'fold-told': true, 'stream-time': false },
}
