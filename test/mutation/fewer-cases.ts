/**
 * Loaded before each test file of a mutation run: whoever imports fast-check gets {@link file://./fast-check.ts}, so that the
 * tests themselves stay as they are.
 */
import { registerHooks } from 'node:module'

const fewer = new URL('fast-check.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'fast-check' && context.parentURL !== fewer
      ? { url: fewer, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context),
})
