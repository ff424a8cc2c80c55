import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { HTTP_ERRORS } from '../../../src/contract/errors.ts'
import { startGateway } from '../../support/gateways.ts'

const folder = fileURLToPath(new URL('../../../src/client/web/', import.meta.url))
/** Addresses that are names of formats and never asked for. */
const names = ['http://www.w3.org/2000/svg']

function foreignUrls(text: string): string[] {
  return [...text.matchAll(/\b(?:https?:)?\/\/[\w.-]+\.[a-z]+[^\s"'`)<]*/g)]
    .map(([url]) => url)
    .filter((url) => !names.includes(url))
}

describe('the page', () => {
  it('is there with everything that it names, and names nothing elsewhere', async () => {
    const { fetch } = await startGateway()
    const page = await fetch('/')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toMatch(/^text\/html/)
    const html = await page.text()
    const links = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, link]) => link ?? '')
    expect(links).toContain('app.js')
    for (const link of links) {
      const response = await fetch(`/${link}`)
      expect([link, response.status]).toEqual([link, 200])
    }
    for (const file of await readdir(folder))
      expect(foreignUrls(await readFile(folder + file, 'utf8'))).toEqual([])
  })

  it('runs nothing but its own scripts', async () => {
    const { fetch } = await startGateway()
    for (const path of ['/', '/app.js']) {
      const policy = (await fetch(path)).headers.get('content-security-policy')
      expect(policy).toMatch(/default-src 'none'/)
      expect(policy).toMatch(/script-src 'self'(;|$)/)
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
    }
    const html = await (await fetch('/')).text()
    expect(html).not.toMatch(/<script(?![^>]*src=)|\son\w+=|style=/)
  })

  it('never makes markup of text', async () => {
    for (const file of await readdir(folder)) {
      expect(await readFile(folder + file, 'utf8')).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/,
      )
    }
  })

  it('has every text in both languages', async () => {
    const text = await readFile(`${folder}texts.js`, 'utf8')
    const keysOf = (name: string): string[] => {
      const object = text.split(`const ${name} = {`)[1]?.split('\n}')[0] ?? ''
      return [...object.matchAll(/^ {2}(\w+):/gm)].map(([, key]) => key ?? '')
    }
    expect(keysOf('en').length).toBeGreaterThan(40)
    expect(keysOf('pt')).toEqual(keysOf('en'))
    const html = await readFile(`${folder}index.html`, 'utf8')
    for (const [, key] of html.matchAll(/data-text="(\w+)"/g)) expect(keysOf('en')).toContain(key)
  })
})

describe('the description of the API', () => {
  it('names every route', async () => {
    const { fetch } = await startGateway()
    const { openapi, paths } = (await (await fetch('/openapi.json')).json()) as {
      openapi: string
      paths: Record<string, object>
    }
    expect(openapi).toBe('3.1.0')
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    )
    expect(routes.filter((route) => !route.startsWith('head ')).toSorted()).toEqual(
      [
        'delete /video',
        'get /events',
        'get /healthz',
        'get /manifest',
        'get /nodes',
        'get /resolve',
        'get /status',
        'get /stream',
        'get /stream/{id}/{name}',
        'get /video',
        'get /videos',
        'get /why',
        'patch /video',
        'post /restore',
        'post /upload',
        'put /upload',
      ].toSorted(),
    )
  })

  it('is told in docs/http.md, with an example of each route', async () => {
    const { fetch } = await startGateway()
    const { paths } = (await (await fetch('/openapi.json')).json()) as { paths: Record<string, object> }
    const text = await readFile(new URL('../../../docs/http.md', import.meta.url), 'utf8')
    const headings = text.split('\n').filter((line) => line.startsWith('### '))
    for (const [path, methods] of Object.entries(paths)) {
      const plain = path.replace('{id}', 'ID').replace('{name}', 'NAME')
      for (const method of Object.keys(methods).filter((name) => name !== 'head')) {
        const told = headings.some((line) => new RegExp(`\\b${method} ${plain}(?![\\w/])`, 'i').test(line))
        expect([method, path, told]).toEqual([method, path, true])
      }
    }
    for (const [code, { status }] of Object.entries(HTTP_ERRORS))
      expect(text).toContain(`| \`${code}\` | ${status} |`)
  })

  it('is shown by a page that asks nothing of other machines', async () => {
    const { fetch } = await startGateway()
    const page = await fetch('/docs')
    expect(page.status).toBe(200)
    const policy = page.headers.get('content-security-policy')
    expect(policy).not.toMatch(/https?:|upgrade-insecure/)
    const html = await page.text()
    expect(foreignUrls(html)).toEqual([])
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '')
    expect(links.length).toBeGreaterThan(3)
    for (const link of links) {
      const response = await fetch(new URL(link, page.url).pathname)
      expect([link, response.status]).toEqual([link, 200])
      expect(response.headers.get('content-security-policy')).toBe(policy)
    }
  })
})
