import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type NodeId, parseNodeId } from '../core/ids.ts'
import { type LanInterface, isOnLink } from './interfaces.ts'

/** Addresses kept and tried for one node. A machine has a handful; more is a mistake or an attack. */
export const MAX_NODE_ADDRESSES = 12

/** @returns the address, or undefined if `text` is no multiaddr; such text comes from other machines and from people */
export function parseAddress(text: string): Multiaddr | undefined {
  try {
    return multiaddr(text)
  } catch {
    // The parser knows no other way to say that it is none.
    return undefined
  }
}

/** @returns the node whose address it is, if the address says so */
export function nodeOf(address: Multiaddr): NodeId | undefined {
  const value = part(address, 'p2p')
  return value === undefined ? undefined : parseNodeId(value)
}

/** Without the node's id: as it is stored and announced. */
export function bare(address: Multiaddr): string {
  return address.toString().replace(/\/(p2p|ipfs)\/[^/]+$/, '')
}

/**
 * The addresses of another node that are worth dialling, best first: loopback if it is on this very machine, then what is on one of our
 * own wires, then anything, then what belongs to containers and VPNs. Loopback of another machine is dropped: it would be us. Equals keep
 * their order.
 */
export function dialOrder(addresses: readonly string[], own: readonly LanInterface[]): readonly Multiaddr[] {
  const parsed = addresses.flatMap((text) => parseAddress(text) ?? []).filter(isDialable)
  const elsewhere = parsed.filter((address) => !isLoopback(address))
  const ownAddresses = new Set(own.filter((link) => !link.virtual).map((link) => link.address))
  const here = elsewhere.length === 0 || elsewhere.some((address) => ownAddresses.has(hostOf(address)))
  return (here ? parsed : elsewhere)
    .map((address) => ({ address, rank: rankOf(address, own) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ address }) => address)
    .slice(0, MAX_NODE_ADDRESSES)
}

/** What a node tells others about itself: as `dialOrder` would like it, loopback only where there is nothing else. */
export function announced(addresses: readonly Multiaddr[], own: readonly LanInterface[]): Multiaddr[] {
  const elsewhere = addresses.filter((address) => !isLoopback(address))
  const told = elsewhere.length === 0 ? addresses : elsewhere
  return told.toSorted((a, b) => rankOf(a, own) - rankOf(b, own))
}

/** The addresses of a node that listens on all interfaces, loopback among them, by the port of one that it has. */
export function onEveryLink(addresses: readonly Multiaddr[], own: readonly LanInterface[]): Multiaddr[] {
  const port = addresses.map((address) => part(address, 'tcp')).find((value) => value !== undefined)
  return port === undefined ? [] : own.map((link) => multiaddr(`/ip4/${link.address}/tcp/${port}`))
}

/** The addresses to announce on one interface: its own first, and loopback only on loopback. */
export function announcedOn(link: LanInterface, addresses: readonly Multiaddr[]): readonly Multiaddr[] {
  const own = addresses.filter((address) => hostOf(address) === link.address)
  const others = addresses.filter((address) => hostOf(address) !== link.address && !isLoopback(address))
  return [...own, ...others].slice(0, MAX_NODE_ADDRESSES)
}

function isLoopback(address: Multiaddr): boolean {
  const host = hostOf(address)
  return host.startsWith('127.') || host === '::1' || host === 'localhost'
}

function isDialable(address: Multiaddr): boolean {
  return part(address, 'tcp') !== undefined && hostOf(address) !== '' && hostOf(address) !== '0.0.0.0'
}

function rankOf(address: Multiaddr, own: readonly LanInterface[]): number {
  if (isLoopback(address)) return 0
  const host = part(address, 'ip4')
  const link = host === undefined ? undefined : own.find((candidate) => isOnLink(host, candidate))
  if (link !== undefined) return link.virtual ? 3 : 1
  return host?.startsWith('172.17.') === true ? 3 : 2
}

function hostOf(address: Multiaddr): string {
  const [first] = address.getComponents()
  return first?.value ?? ''
}

function part(address: Multiaddr, name: string): string | undefined {
  return address.getComponents().find((component) => component.name === name)?.value
}
