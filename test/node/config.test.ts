import { homedir, hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PlaykiteError } from '../../src/core/errors.ts'
import { type Config, type StartFlags, dataFolderOf, readConfig } from '../../src/node/config.ts'

interface Given {
  readonly flags?: StartFlags
  readonly env?: Readonly<Record<string, string>>
  readonly file?: unknown
}

function read({ flags = {}, env = {}, file }: Given): Config {
  return readConfig({ flags, env, file: file === undefined ? undefined : JSON.stringify(file) })
}

/** The sentence with which settings are refused. */
function refusal(given: Given | (() => unknown)): string {
  try {
    if (typeof given === 'function') given()
    else read(given)
  } catch (error) {
    if (!(error instanceof PlaykiteError)) throw error
    expect(error.code).toBe('bad-config')
    expect(error.remedy).toContain('playkite start --help')
    return error.message
  }
  throw new Error('it was taken')
}

describe('the settings of a node', () => {
  it('have defaults for everything', () => {
    expect(read({})).toEqual({
      name: hostname(),
      network: 'playkite',
      http: { host: '127.0.0.1', port: 4600 },
      port: undefined,
      capacity: undefined,
      zone: hostname(),
      join: [],
      mdns: true,
      log: 'info',
    })
  })

  it('come from flags before the environment before the file', () => {
    const file = { name: 'file', zone: 'file', network: 'file' }
    const env = { PLAYKITE_NAME: 'env', PLAYKITE_ZONE: 'env' }
    const { name, zone, network } = read({ flags: { name: 'flag' }, env, file })
    expect({ name, zone, network }).toEqual({ name: 'flag', zone: 'env', network: 'file' })
  })

  it('can all be given in each of the three ways', () => {
    const wanted: Config = {
      name: 'Sótão 2',
      network: 'casa',
      http: { host: '0.0.0.0', port: 80 },
      port: 4601,
      capacity: 500_000_000_000,
      zone: 'garage',
      join: ['/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.2/tcp/2'],
      mdns: false,
      log: 'info',
    }
    const texts = { name: 'Sótão 2', network: 'casa', http: '0.0.0.0:80', port: '4601', capacity: '500GB' }
    const flags = { ...texts, zone: 'garage', join: wanted.join, mdns: false }
    const env = {
      PLAYKITE_NAME: 'Sótão 2',
      PLAYKITE_NETWORK: 'casa',
      PLAYKITE_HTTP: '0.0.0.0:80',
      PLAYKITE_PORT: '4601',
      PLAYKITE_CAPACITY: '500GB',
      PLAYKITE_ZONE: 'garage',
      PLAYKITE_JOIN: wanted.join.join(' '),
      PLAYKITE_MDNS: 'no',
    }
    expect(read({ flags })).toEqual(wanted)
    expect(read({ env })).toEqual(wanted)
    expect(read({ file: flags })).toEqual(wanted)
    expect(read({ file: { ...flags, port: 4601, capacity: 500_000_000_000 } })).toEqual(wanted)
  })

  it.each([
    ['4600', '127.0.0.1', 4600],
    ['0', '127.0.0.1', 0],
    ['localhost:8080', 'localhost', 8080],
    ['192.168.1.20:65535', '192.168.1.20', 65_535],
    ['[::1]:4600', '::1', 4600],
    ['[::]:0', '::', 0],
  ])('take --http %s', (http, host, port) => {
    expect(read({ flags: { http } }).http).toEqual({ host, port })
  })

  it.each([
    '',
    'localhost',
    ':4600',
    '::1:4600',
    '[::1]',
    '[::1:4600',
    'a b:1',
    '70000',
    '1.2.3.4:70000',
    '-1',
  ])('refuse --http "%s", and say how it is written', (http) => {
    expect(refusal({ flags: { http } })).toMatch(/^The setting --http: .+(4600|65535)/)
  })

  it.each([
    ['0', 0],
    ['2TiB', 2 * 1024 ** 4],
    ['1.5GB', 1_500_000_000],
    ['10G', 10 * 1024 ** 3],
    ['700 mb', 700_000_000],
    ['4096', 4096],
  ])('take --capacity %s', (capacity, bytes) => {
    expect(read({ flags: { capacity } }).capacity).toBe(bytes)
  })

  it.each(['', 'much', '-5GB', '5 gigabytes', '1e9', '99999999999999TB'])(
    'refuse --capacity "%s"',
    (capacity) => {
      expect(refusal({ flags: { capacity } })).toMatch(/^The setting --capacity: .+500GB/)
    },
  )

  it.each(['-1', '65536', 'http', '1.5', ''])('refuse --port "%s"', (port) => {
    expect(refusal({ flags: { port } })).toMatch(/^The setting --port: .+65535/)
  })

  it('refuse names that are empty, long or have control characters', () => {
    for (const name of ['', 'x'.repeat(64), 'two\nlines']) {
      expect(refusal({ flags: { name } })).toContain('The setting --name: ')
    }
    expect(read({ flags: { name: 'x'.repeat(63) } }).name).toHaveLength(63)
  })

  it('name where a bad value came from', () => {
    expect(refusal({ env: { PLAYKITE_CAPACITY: 'much' } })).toContain('The setting PLAYKITE_CAPACITY: "much"')
    expect(refusal({ env: { PLAYKITE_HTTP: 'here' } })).toContain('The setting PLAYKITE_HTTP: "here"')
    expect(refusal({ env: { PLAYKITE_MDNS: 'maybe' } })).toContain('The setting PLAYKITE_MDNS: "maybe"')
    expect(refusal({ env: { PLAYKITE_LOG: 'loud' } })).toContain('debug, info, warn, error, silent')
    expect(refusal({ file: { port: 70_000 } })).toContain('The setting "port" in config.json: 70000')
    expect(refusal({ file: { join: 'alone' } })).toContain('The setting "join" in config.json: "alone"')
  })

  it('refuse a bad value also where a better one goes before it', () => {
    const given = { flags: { port: '1' }, env: { PLAYKITE_PORT: '2' }, file: { port: 'three' } }
    expect(refusal(given)).toContain('The setting "port" in config.json')
  })

  it('refuse a field that config.json does not have, and say which it has', () => {
    expect(refusal({ file: { nmae: 'typo' } })).toMatch(/"nmae" in config.json: .+ name, network, http/)
  })

  it.each(['{', '[]', '"text"', 'null', ''])('refuse a config.json that is %s', (file) => {
    expect(refusal(() => readConfig({ flags: {}, env: {}, file }))).toContain('config.json')
  })

  it('take an empty variable as none', () => {
    expect(read({ env: { PLAYKITE_NAME: '', PLAYKITE_PORT: '' }, file: { name: 'file' } })).toMatchObject({
      name: 'file',
      port: undefined,
    })
  })
})

describe('the data folder', () => {
  it('is that of the flag, of the variable, of XDG, or in the home folder', () => {
    const env = { PLAYKITE_DATA: '/srv/env', XDG_DATA_HOME: '/srv/xdg' }
    expect(dataFolderOf({ data: '/srv/flag' }, env)).toBe('/srv/flag')
    expect(dataFolderOf({}, env)).toBe('/srv/env')
    expect(dataFolderOf({}, { XDG_DATA_HOME: '/srv/xdg' })).toBe('/srv/xdg/playkite')
    expect(dataFolderOf({}, {})).toBe(join(homedir(), '.local/share/playkite'))
  })

  it('is taken from where the command was given, if it is relative', () => {
    expect(dataFolderOf({ data: 'videos' }, {})).toBe(resolve('videos'))
  })

  it('does not follow an XDG folder that is not absolute, as that specification says', () => {
    expect(dataFolderOf({}, { XDG_DATA_HOME: 'data' })).toBe(join(homedir(), '.local/share/playkite'))
  })
})
