/** docs/errors.md is what the code does: every code, its meaning, what it is over HTTP, and what a command ends with. */
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { PlaykiteClientError } from '../../src/client/errors.ts'
import { HTTP_ERRORS, type HttpErrorCode } from '../../src/contract/errors.ts'
import { ERROR_CODES, type ErrorCode, PlaykiteError } from '../../src/core/errors.ts'
import { OUTWARD, answerFor } from '../../src/node/http/error-answers.ts'

const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const codes = Object.keys(ERROR_CODES) as ErrorCode[]

/** Cells of the table below a heading, row by row, without its head. */
function table(heading: string): readonly (readonly string[])[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

const rows = new Map(table('Codes').map((cells) => [cells[0]?.replaceAll('`', ''), cells]))

describe('the page of errors', () => {
  it('has every code, in the order of the code, and no others', () => {
    expect([...rows.keys()]).toEqual(codes)
  })

  it.each(codes)('says what %s means, its status, its exit code and a remedy', (code) => {
    const [, meaning, http, exit, remedy] = rows.get(code) ?? []
    expect(meaning).toBe(ERROR_CODES[code])
    const { code: outward, told } = OUTWARD[code]
    const shown = told ? `\`${outward}\`` : `*\`${outward}\`*`
    expect(http).toBe(`${shown} ${HTTP_ERRORS[outward].status}`)
    expect(exit).toBe(String(HTTP_ERRORS[outward].exit))
    expect(remedy?.length).toBeGreaterThan(10)
  })

  it.each(codes)('is right that %s leaves a node so', (code) => {
    const { status, body } = answerFor(new PlaykiteError(code, 'what is wrong'))
    const http = rows.get(code)?.[2]
    expect(http).toContain(`\`${body.error.code}\``)
    expect(http).toContain(` ${status}`)
    expect(http?.startsWith('*')).toBe(body.error.message !== 'what is wrong')
  })

  it.each(Object.keys(HTTP_ERRORS) as HttpErrorCode[])('is right that a command ends so on %s', (code) => {
    expect(rows.get(code)?.[3]).toBe(String(new PlaykiteClientError(code, '').exitCode))
  })

  it('lists every exit code that an error has', () => {
    const listed = table('Exit codes').map((cells) => Number(cells[0]))
    const used = Object.values(HTTP_ERRORS).map(({ exit }) => exit)
    expect(listed).toEqual(
      expect.arrayContaining([...used, new PlaykiteClientError('unreachable', '').exitCode]),
    )
  })
})
