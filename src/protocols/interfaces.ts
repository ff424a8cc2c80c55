import { networkInterfaces } from 'node:os'

/** An IPv4 network interface of this machine that is up. */
export interface LanInterface {
  readonly name: string
  readonly address: string
  /** Bits of the network part. */
  readonly prefix: number
  readonly loopback: boolean
  /** Made by containers, virtual machines or a VPN: the same addresses may exist on every machine, or lead around the world. */
  readonly virtual: boolean
}

const virtualNames =
  /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|podman|lxc|lxd|tun|tap|wg|tailscale|zt|utun|ppp|nordlynx)/

/** The interfaces now; cables and Wi-Fi come and go, so ask again. */
export function lanInterfaces(): readonly LanInterface[] {
  return Object.entries(networkInterfaces()).flatMap(([name, infos]) =>
    (infos ?? [])
      .filter((info) => info.family === 'IPv4')
      .map((info) => ({
        name,
        address: info.address,
        prefix: Number(info.cidr?.split('/')[1] ?? 32),
        loopback: info.internal,
        virtual: virtualNames.test(name),
      })),
  )
}

/** Whether an IPv4 address is in the interface's own network. */
export function isOnLink(address: string, link: LanInterface): boolean {
  const mask = link.prefix === 0 ? 0 : (-1 << (32 - link.prefix)) >>> 0
  return ((toNumber(address) & mask) ^ (toNumber(link.address) & mask)) === 0
}

function toNumber(address: string): number {
  return address.split('.').reduce((value, part) => ((value << 8) | Number(part)) >>> 0, 0)
}
