/**
 * Who may talk to the gateway. There are no accounts, so what must be kept out are foreign web pages in the browser of somebody on this
 * machine: under another host name (DNS rebinding), or by a request that their page sends here (cross-site request forgery).
 */
import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import { hostname } from 'node:os'
import { PlaykiteError } from '../../core/errors.ts'

const changing = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Names that this machine's gateway answers to, beside its addresses. Its own host name only if others can reach it at all. */
export function ownHostNames(listenHost: string, allowedHosts: readonly string[]): ReadonlySet<string> {
  const names = ['localhost', listenHost, ...allowedHosts]
  if (!isLoopback(hostOf(listenHost) ?? listenHost)) {
    const name = hostname()
    const label = name.split('.')[0] ?? name
    names.push(name, label, `${label}.local`)
  }
  return new Set(names.map((name) => hostOf(name)).filter((name) => name !== undefined))
}

/** @throws forbidden if the request came under a foreign host name, or changes something and came from a foreign page */
export function checkRequest(request: IncomingMessage, ownNames: ReadonlySet<string>): void {
  checkHost(request, ownNames)
  if (changing.has(request.method ?? '')) checkOrigin(request)
}

function checkHost(request: IncomingMessage, ownNames: ReadonlySet<string>): void {
  const header = request.headers.host ?? ''
  const host = hostOf(header)
  if (host !== undefined) {
    // An address cannot be rebound: only the name that a page was loaded from can.
    if (ownNames.has(host) || isLoopback(host)) return
    if (host === hostOf(request.socket.localAddress ?? '')) return
  }
  throw new PlaykiteError('forbidden', `This node does not answer under the host name "${header}".`, {
    remedy: "Use the machine's address, its own host name, or localhost on the machine itself.",
  })
}

/** Programs such as curl send neither header; browsers send `Origin` with everything that changes something. */
function checkOrigin(request: IncomingMessage): void {
  const { origin, host } = request.headers
  const site = request.headers['sec-fetch-site']
  const sameOrigin = origin === undefined || originHost(origin) === authorityOf(host ?? '')
  const sameSite = site === undefined || site === 'same-origin' || site === 'none'
  if (sameOrigin && sameSite) return
  throw new PlaykiteError('forbidden', 'A page of another site may not change anything here.', {
    remedy: "Use the node's own page, the playkite command, or a program that sends no Origin header.",
  })
}

function originHost(origin: string): string | undefined {
  return /^https?:\/\//.test(origin) ? parse(origin)?.host : undefined
}

/** Host and port, in the form that browsers compare. */
function authorityOf(header: string): string | undefined {
  return parse(`http://${header}`)?.host
}

/** The host of a `Host` header, a name or an address: lower case, without port, trailing dot, zone and IPv4-in-IPv6. */
function hostOf(text: string): string | undefined {
  const plain = text.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '')
  const host = parse(`http://${isIPv6(plain) ? `[${plain}]` : plain}`)?.hostname
  return host === undefined || host === '' ? undefined : host.replace(/\.$/, '')
}

function parse(url: string): URL | undefined {
  const parsed = URL.parse(url)
  // Anything beyond host and port is an attempt to look like something else.
  if (parsed === null || parsed.username !== '' || parsed.pathname !== '/' || parsed.search !== '')
    return undefined
  return parsed
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
