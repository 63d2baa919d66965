import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { basename, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** A file of the page, in memory. */
export interface Asset {
  /** As in the address: `page.js`. */
  name: string
  type: string
  body: Buffer
  etag: string
}

const web = fileURLToPath(new URL('../web/', import.meta.url))
const root = fileURLToPath(new URL('../../', import.meta.url))

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Bundles the page from its sources, in well under a second, so that no build has to come before a start. */
export async function bundlePage(): Promise<Asset[]> {
  const { outputFiles } = await build({
    absWorkingDir: web,
    entryPoints: {
      page: 'main.ts',
      'first-paint': 'first-paint.ts',
      sw: 'push/service-worker.ts',
      style: 'styles/style.css',
    },
    // Nothing is written there; source maps name the sources as seen from it.
    outdir: root,
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'silent',
  })
  const bundled = outputFiles.map(({ path, contents }) => asset(basename(path), Buffer.from(contents)))
  const copied = ['index.html', 'favicon.svg'].map(async (name) =>
    asset(name, await readFile(`${web}${name}`)),
  )
  return [...bundled, ...(await Promise.all(copied))]
}

function asset(name: string, body: Buffer): Asset {
  const type = types[extname(name)]
  if (type === undefined)
    throw new Error(`no content type for ${name}: add it to dashboards/server/bundle-page.ts`)
  return { name, type, body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` }
}
