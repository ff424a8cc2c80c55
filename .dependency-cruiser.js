// The import table of the house (docs/architecture.md, "The house"): imports go one way.
const ours = '^src/'
const npm = 'node_modules/'

/** A room, what of ours it may import, as a pattern of paths. */
const room = (name, allowed, comment) => ({
  name: `${name}-imports`,
  comment,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { path: ours, pathNot: [`^src/${name}/`, ...allowed] },
})

/** Packages or modules of Node that only one room sees. */
const only = (name, path, rooms, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: ours, pathNot: rooms },
  to: { path },
})

export default {
  forbidden: [
    room('core', [], 'core imports nothing of ours'),
    room('ports', ['^src/core/'], 'ports name the types of core'),
    room('contract', [], 'contract stands alone: both sides of HTTP import it'),
    room('storage', ['^src/core/', '^src/ports/'], 'storage knows decisions and ports'),
    room('protocols', ['^src/core/', '^src/ports/'], 'protocols know decisions and ports'),
    room('stats', ['^src/core/', '^src/ports/'], 'stats know decisions and ports'),
    room('node', ['^src/(core|ports|contract|storage|protocols|stats)/'], 'node composes all but the client'),
    room('client', ['^src/contract/'], 'client knows the contract alone'),
    {
      name: 'core-packages',
      comment: 'of packages, core imports what computes: hashes, signatures, content ids',
      severity: 'error',
      from: { path: '^src/core/' },
      to: {
        pathNot: ['^src/core/', '^(node:)?crypto$', `${npm}(multiformats|ipfs-unixfs|@ipld/dag-pb)/`],
      },
    },
    {
      name: 'public-barrel',
      comment: 'the one barrel shows the client library and the contract',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: ours, pathNot: '^src/(client|contract)/' },
    },
    {
      name: 'nobody-imports-the-program',
      comment: 'main and index are where things begin',
      severity: 'error',
      from: { path: ours },
      to: { path: '^src/(main|index)\\.ts$' },
    },
    only(
      'libp2p-in-protocols',
      `${npm}(@?libp2p|@chainsafe/libp2p|@multiformats/multiaddr|multicast-dns)`,
      ['^src/protocols/'],
      'only protocols see libp2p',
    ),
    only('level-in-storage', `${npm}level/`, ['^src/storage/'], 'only storage sees level'),
    only(
      'files-in-storage',
      '^(node:)?fs(/promises)?$',
      ['^src/storage/', '^src/client/cli/'],
      'only storage touches the disk; the command line reads and writes the files that its user named',
    ),
    { name: 'no-cycles', comment: 'data flows one way', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      comment: 'every import leads somewhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/client/web/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
}
