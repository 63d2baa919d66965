/**
 * Who may import whom. A room is a folder; what it may use is listed, all else is refused:
 *
 *   schemas ← pipelines/engine ← { { pipelines/steps, pipelines/model } ← pipelines/topologies, sinks }
 *   schemas ← { sources, gateway/live, client, dashboards }        stack: nothing        cli: everything, and nobody imports it
 */

/** Inside these paths only these others may be imported; packages of npm and of Node are free. */
function room(name, path, may) {
  const allowed = [path, ...may].map((folder) => `^${folder}/`)
  return {
    name: `${name}-imports`,
    comment: `${path} may import ${may.join(', ') || 'nothing of ours'} only: what else it needs is passed in by cli.`,
    severity: 'error',
    from: { path: `^${path}/` },
    to: { path: ours, pathNot: allowed },
  }
}

const rooms = [
  'schemas',
  'sources',
  'pipelines',
  'sinks',
  'gateway',
  'client',
  'dashboards',
  'stack',
  'cli',
  'bench',
  'test',
]
const ours = `^(${rooms.join('|')})/`

module.exports = {
  forbidden: [
    room('schemas', 'schemas', []),
    room('engine', 'pipelines/engine', ['schemas']),
    {
      name: 'engine-without-product',
      comment:
        'The engine is a library of its own: what it needs of schemas names no play, no topic and no table.',
      severity: 'error',
      from: { path: '^pipelines/engine/' },
      to: {
        path: '^schemas/',
        pathNot:
          '^schemas/(avro/[a-z-]+|byte-writer|codec|dead-letter|event-schema|registry|seal|source|topic)[.]ts$',
      },
    },
    room('steps', 'pipelines/steps', ['pipelines/engine', 'schemas']),
    room('topologies', 'pipelines/topologies', [
      'pipelines/steps',
      'pipelines/model',
      'pipelines/engine',
      'schemas',
    ]),
    room('model', 'pipelines/model', ['pipelines/engine', 'schemas']),
    room('sinks', 'sinks', ['pipelines/engine', 'schemas']),
    room('live', 'gateway/live', ['schemas']),
    room('protocol', 'gateway/live/protocol', ['schemas']),
    {
      name: 'sockets-without-rules',
      comment:
        'Code of sockets knows the protocol and limits, and no business rule: whose a socket is, gateway/live/index.ts passes in.',
      severity: 'error',
      from: { path: '^gateway/live/sockets/' },
      to: { path: '^gateway/live/(access|api|channels|cluster|listeners|sessions)/' },
    },
    room('push', 'gateway/push', ['pipelines/engine', 'schemas']),
    room('client', 'client', ['schemas']),
    room('dashboards', 'dashboards', ['schemas']),
    room('sources', 'sources', ['schemas']),
    room('stack', 'stack', []),
    {
      name: 'cli-is-the-top',
      comment: 'cli composes everything; what others need of it belongs into a room. Tests may import it.',
      severity: 'error',
      from: { path: ours, pathNot: '^(cli|test)/' },
      to: { path: '^cli/' },
    },
    {
      name: 'tests-are-for-tests',
      comment: 'The product does not import its tests or its benchmarks.',
      severity: 'error',
      from: { path: ours, pathNot: '^(test|bench)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'no-circle',
      comment:
        'Two files that import each other are one idea in two places: move the shared part into a third.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      comment: 'An import that resolves to nothing escapes every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      comment: 'A package is listed in package.json, and what the product needs is no devDependency.',
      severity: 'error',
      from: { path: ours, pathNot: '^(test|bench)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Types cross rooms too: an import of a type alone is held to the same direction.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
    },
  },
}
