import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { PlaykiteError } from '../../src/core/errors.ts'
import { type LoggerOptions, createLoggers } from '../../src/node/logger.ts'
import type { Log } from '../../src/ports/log.ts'

/** Loggers, and the lines that they have written so far. */
function logging(options: Partial<LoggerOptions> = {}): {
  log: (component: string) => Log
  lines: () => string[]
} {
  const stream = new PassThrough()
  const log = createLoggers({ level: 'info', pretty: false, stream, ...options })
  return {
    log,
    lines: () =>
      String(stream.read() ?? '')
        .split('\n')
        .filter(Boolean),
  }
}

describe('the log of a node', () => {
  it('is one JSON object a line, with component, fields and sentence', () => {
    const { log, lines } = logging()
    log('sync').info({ peer: 'attic' }, 'Caught up')
    log('http').warn({}, 'Slow')
    const [first, second] = lines().map((line) => JSON.parse(line) as object)
    expect(first).toEqual({
      level: 30,
      time: expect.any(Number) as number,
      component: 'sync',
      peer: 'attic',
      msg: 'Caught up',
    })
    expect(second).toMatchObject({ level: 40, component: 'http' })
  })

  it('leaves out what is below its level', () => {
    const { log, lines } = logging({ level: 'warn' })
    log('sync').debug({}, 'one')
    log('sync').info({}, 'two')
    log('sync').warn({}, 'three')
    log('sync').error({}, 'four')
    expect(lines().map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['three', 'four'])
  })

  it('is empty when it is silent', () => {
    const { log, lines } = logging({ level: 'silent' })
    log('sync').error({}, 'nobody hears')
    expect(lines()).toEqual([])
  })

  for (const field of ['err', 'error'] as const) {
    it(`tells an error under "${field}" with its code, its stack and its causes`, () => {
      const { log, lines } = logging()
      const error = new PlaykiteError('internal', 'could not write', { cause: new Error('disk on fire') })
      log('storage').error({ [field]: error }, 'A write failed')
      const told = (JSON.parse(lines()[0] ?? '') as Record<string, unknown>)[field]
      expect(told).toMatchObject({
        code: 'internal',
        stack: expect.stringContaining('disk on fire') as string,
      })
      expect(told).toMatchObject({ message: expect.stringContaining('could not write') as string })
    })
  }

  it('is a line for people on a terminal', () => {
    const { log, lines } = logging({ pretty: true })
    log('sync').info({ peer: 'attic' }, 'Caught up')
    const text = stripVTControlCharacters(lines().join('\n'))
    expect(text).toMatch(/INFO.*sync: Caught up/)
    expect(text).toContain('"attic"')
    expect(text).not.toContain('"msg"')
  })
})
