import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import {
  MAX_NODE_ADDRESSES,
  announced,
  announcedOn,
  bare,
  dialOrder,
  nodeOf,
} from '../../src/protocols/addresses.ts'
import { type LanInterface, isOnLink } from '../../src/protocols/interfaces.ts'

const link = (
  name: string,
  address: string,
  prefix: number,
  changes: Partial<LanInterface> = {},
): LanInterface => ({
  name,
  address,
  prefix,
  loopback: false,
  virtual: false,
  ...changes,
})
const loopback = link('lo', '127.0.0.1', 8, { loopback: true })
const lan = link('eth0', '192.168.1.4', 24)
const docker = link('docker0', '172.17.0.1', 16, { virtual: true })
const own = [loopback, lan, docker]
const order = (...addresses: string[]): string[] => dialOrder(addresses, own).map(String)

describe('addresses to dial', () => {
  it('are those on our own wire first, then others, then containers', () => {
    expect(order('/ip4/172.17.0.1/tcp/1', '/ip4/10.9.9.9/tcp/1', '/ip4/192.168.1.7/tcp/1')).toEqual([
      '/ip4/192.168.1.7/tcp/1',
      '/ip4/10.9.9.9/tcp/1',
      '/ip4/172.17.0.1/tcp/1',
    ])
  })

  it('keep their order among equals, so that the newest is tried first', () => {
    const newestFirst = ['/ip4/192.168.1.7/tcp/2', '/ip4/192.168.1.7/tcp/1', '/ip4/192.168.1.6/tcp/9']
    expect(order(...newestFirst)).toEqual(newestFirst)
  })

  it('do not hold the loopback of another machine, even if both have a docker bridge of one address', () => {
    const theirs = ['/ip4/127.0.0.1/tcp/1', '/ip4/172.17.0.1/tcp/1', '/ip4/192.168.1.7/tcp/1']
    expect(order(...theirs)).toEqual(['/ip4/192.168.1.7/tcp/1', '/ip4/172.17.0.1/tcp/1'])
  })

  it('begin with loopback for a node of this machine, and hold it where there is nothing else', () => {
    expect(order('/ip4/192.168.1.4/tcp/1', '/ip4/127.0.0.1/tcp/1')[0]).toBe('/ip4/127.0.0.1/tcp/1')
    expect(order('/ip4/127.0.0.1/tcp/1')).toEqual(['/ip4/127.0.0.1/tcp/1'])
  })

  it('pass over nonsense, and are not more than the limit', () => {
    expect(order('nonsense', '/ip4/1.2.3.4', '/ip4/0.0.0.0/tcp/1', '/ip4/192.168.1.7/udp/1')).toEqual([])
    const many = Array.from({ length: 50 }, (_, i) => `/ip4/192.168.1.${String(i + 10)}/tcp/1`)
    expect(order(...many).length).toBe(MAX_NODE_ADDRESSES)
  })
})

describe('addresses to tell', () => {
  const all = ['/ip4/127.0.0.1/tcp/1', '/ip4/172.17.0.1/tcp/1', '/ip4/192.168.1.4/tcp/1'].map((a) =>
    multiaddr(a),
  )

  it('leave loopback out unless there is nothing else', () => {
    expect(announced(all, own).map(String)).toEqual(['/ip4/192.168.1.4/tcp/1', '/ip4/172.17.0.1/tcp/1'])
    expect(announced(all.slice(0, 1), own).map(String)).toEqual(['/ip4/127.0.0.1/tcp/1'])
  })

  it('begin with that of the interface they are told on', () => {
    expect(announcedOn(docker, all).map(String)).toEqual(['/ip4/172.17.0.1/tcp/1', '/ip4/192.168.1.4/tcp/1'])
    expect(announcedOn(loopback, all).map(String)[0]).toBe('/ip4/127.0.0.1/tcp/1')
    expect(announcedOn(lan, all).map(String)).not.toContain('/ip4/127.0.0.1/tcp/1')
  })
})

describe('an address', () => {
  const id = '12D3KooWC54AkscFzZbr7RoQ3Pb4ZFiREqtSL52fUnPLsujPuDPb'

  it('tells its node, and stands without it', () => {
    expect(nodeOf(multiaddr(`/ip4/1.2.3.4/tcp/5/p2p/${id}`))).toBe(id)
    expect(nodeOf(multiaddr('/ip4/1.2.3.4/tcp/5'))).toBeUndefined()
    expect(bare(multiaddr(`/ip4/1.2.3.4/tcp/5/p2p/${id}`))).toBe('/ip4/1.2.3.4/tcp/5')
  })

  it('is on a wire by its prefix', () => {
    expect(isOnLink('192.168.1.200', lan)).toBe(true)
    expect(isOnLink('192.168.2.4', lan)).toBe(false)
    expect(isOnLink('200.1.2.3', link('x', '200.1.2.4', 30))).toBe(false)
    expect(isOnLink('200.1.2.5', link('x', '200.1.2.4', 30))).toBe(true)
    expect(isOnLink('8.8.8.8', link('x', '1.1.1.1', 0))).toBe(true)
  })
})
