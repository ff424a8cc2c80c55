/** A node's settings: flags before environment before `config.json` of the data folder before defaults. */
import { homedir, hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { PlaykiteError, messageOf } from '../core/errors.ts'
import { parseSize } from './parse-size.ts'

/** Where the page and the API listen unless told otherwise. */
const DEFAULT_HTTP = { host: '127.0.0.1', port: 4600 }
const DEFAULT_NETWORK = 'playkite'
/** Levels of the log, from `PLAYKITE_LOG`. */
const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

const port = Type.Union(
  [Type.String({ pattern: String.raw`^\d{1,5}$` }), Type.Integer({ minimum: 0, maximum: 65_535 })],
  { description: 'a port from 0 to 65535' },
)

/** The settings as they are written, before they are read further. */
const Settings = Type.Object(
  {
    name: Type.Optional(
      Type.String({ pattern: String.raw`^[^\p{Cc}]{1,63}$`, description: 'at most 63 characters' }),
    ),
    network: Type.Optional(
      Type.String({
        pattern: String.raw`^[\p{L}\p{N} _.-]{1,63}$`,
        description: 'letters, digits, space, _ . -, at most 63',
      }),
    ),
    http: Type.Optional(
      Type.Union([Type.String({ minLength: 1 }), Type.Integer()], {
        description: '[HOST:]PORT, such as 4600 or 0.0.0.0:4600',
      }),
    ),
    port: Type.Optional(port),
    capacity: Type.Optional(
      Type.Union([Type.String(), Type.Integer({ minimum: 0 })], {
        description: 'a size such as 500GB, 2TiB or 0',
      }),
    ),
    zone: Type.Optional(
      Type.String({ pattern: String.raw`^[^\p{Cc}]{1,63}$`, description: 'at most 63 characters' }),
    ),
    join: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { maxItems: 64, description: 'multiaddrs' }),
    ),
    mdns: Type.Optional(Type.Boolean({ description: 'true or false' })),
    log: Type.Optional(
      Type.Union(
        LOG_LEVELS.map((level) => Type.Literal(level)),
        { description: LOG_LEVELS.join(', ') },
      ),
    ),
  },
  { additionalProperties: false },
)
type Settings = Static<typeof Settings>
type Setting = keyof Settings

const names = Object.keys(Settings.properties) as Setting[]
const checks = new Map(
  names.map((name) => [name as string, Compile(Type.Object({ [name]: Settings.properties[name] }))]),
)

/** Flags of `playkite start`, as they were typed. */
export interface StartFlags {
  readonly data?: string
  readonly name?: string
  readonly network?: string
  readonly http?: string
  readonly port?: string
  readonly capacity?: string
  readonly zone?: string
  readonly join?: readonly string[]
  readonly mdns?: boolean
  readonly json?: boolean
}

export interface Config {
  /** Wished for; others may have it already. */
  readonly name: string
  readonly network: string
  readonly http: { readonly host: string; readonly port: number }
  /** P2P port; undefined: the one of last time, else a free one. */
  readonly port: number | undefined
  /** Bytes; undefined: the one fixed at the first start. */
  readonly capacity: number | undefined
  readonly zone: string
  readonly join: readonly string[]
  readonly mdns: boolean
  readonly log: (typeof LOG_LEVELS)[number]
}

type Env = Readonly<Record<string, string | undefined>>

/** The data folder: it must be known before its `config.json` can be read. */
export function dataFolderOf(flags: StartFlags, env: Env): string {
  const given = flags.data ?? env['PLAYKITE_DATA']
  if (given !== undefined && given !== '') return resolve(given)
  const base = env['XDG_DATA_HOME']
  return join(
    base !== undefined && base.startsWith('/') ? base : join(homedir(), '.local', 'share'),
    'playkite',
  )
}

/** @param file the text of `config.json`; undefined if there is none @throws PlaykiteError bad-config */
export function readConfig(sources: {
  readonly flags: StartFlags
  readonly env: Env
  readonly file: string | undefined
}): Config {
  const own = hostname() === '' ? 'playkite' : hostname()
  return {
    name: own,
    network: DEFAULT_NETWORK,
    http: DEFAULT_HTTP,
    port: undefined,
    capacity: undefined,
    zone: own,
    join: [],
    mdns: true,
    log: 'info',
    ...fromFile(sources.file),
    ...fromEnv(sources.env),
    ...fromFlags(sources.flags),
  }
}

function fromFlags(flags: StartFlags): Partial<Config> {
  const { data: _data, json: _json, join: addresses, ...rest } = flags
  const given = addresses === undefined || addresses.length === 0 ? rest : { ...rest, join: addresses }
  return check(given, (name) => `--${name}`)
}

function fromEnv(env: Env): Partial<Config> {
  const values: Record<string, unknown> = {}
  for (const name of names) {
    const text = env[`PLAYKITE_${name.toUpperCase()}`]
    if (text === undefined || text === '') continue
    if (name === 'join') values[name] = text.split(/[\s,]+/).filter(Boolean)
    else values[name] = name === 'mdns' ? (asBoolean(text) ?? text) : text
  }
  return check(values, (name) => `PLAYKITE_${name.toUpperCase()}`)
}

function fromFile(text: string | undefined): Partial<Config> {
  if (text === undefined) return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw bad('config.json is not valid JSON', messageOf(error), error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad('config.json', 'it must be one JSON object')
  return check(value, (name) => `"${name}" in config.json`)
}

/** What one source gives. @param where names a setting as that source writes it */
function check(values: object, where: (name: string) => string): Partial<Config> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  for (const [name, value] of given) {
    const known = names.find((candidate) => candidate === name)
    if (known === undefined) throw bad(where(name), `there is no such setting; there are ${names.join(', ')}`)
    if (checks.get(name)?.Check({ [name]: value }) !== true) {
      const schema = Settings.properties[known]
      const wanted =
        'description' in schema ? String(schema.description) : 'what `playkite start --help` says'
      throw bad(where(name), `${JSON.stringify(value)} is not valid: give ${wanted}`)
    }
  }
  const { http, port: p2pPort, capacity, ...plain } = Object.fromEntries(given) as Settings
  return {
    ...plain,
    ...(http !== undefined && { http: parseHttp(String(http), where('http')) }),
    ...(p2pPort !== undefined && { port: parsePort(String(p2pPort), where('port')) }),
    ...(capacity !== undefined && { capacity: parseCapacity(String(capacity), where('capacity')) }),
  }
}

function parseHttp(text: string, where: string): Config['http'] {
  const [, host, portText] = /^(?:(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):)?(\d{1,5})$/.exec(text) ?? []
  if (portText === undefined)
    throw bad(where, `"${text}" is not [HOST:]PORT, such as 4600, 0.0.0.0:4600 or [::1]:4600`)
  return { host: (host ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port: parsePort(portText, where) }
}

function parsePort(text: string, where: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number
  throw bad(where, `${text} is no port: give one from 0 to 65535`)
}

function parseCapacity(text: string, where: string): number {
  const bytes = parseSize(text)
  if (bytes === undefined) throw bad(where, `"${text}" is no size: give one such as 500GB, 2TiB or 0`)
  return bytes
}

function asBoolean(text: string): boolean | undefined {
  if (['1', 'true', 'yes', 'on'].includes(text.toLowerCase())) return true
  return ['0', 'false', 'no', 'off'].includes(text.toLowerCase()) ? false : undefined
}

function bad(where: string, what: string, cause?: unknown): PlaykiteError {
  return new PlaykiteError('bad-config', `The setting ${where}: ${what}.`, {
    remedy: 'Correct it, or leave it out; `playkite start --help` explains each.',
    cause,
  })
}
