import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect } from 'vitest'
import { until } from '../support/hosts.ts'
import { Namespaces } from '../support/namespaces.ts'
import { itNeeds } from '../support/needs.ts'

const program = fileURLToPath(new URL('../support/host-process.ts', import.meta.url))

interface Machine {
  id: string
  readonly connected: Set<string>
  readonly lost: string[]
}

describe('hosts on machines of their own', () => {
  let machines: Namespaces | undefined
  afterEach(() => {
    machines?.remove()
    machines = undefined
  })

  function start(on: Namespaces, name: string, network: string): Machine {
    const machine: Machine = { id: '', connected: new Set(), lost: [] }
    const { stdout } = on.run(name, program, [network])
    if (stdout === null) throw new Error('no output')
    createInterface({ input: stdout }).on('line', (line) => {
      const event = JSON.parse(line) as { type: string; id: string }
      if (event.type === 'ready') machine.id = event.id
      if (event.type === 'connected') machine.connected.add(event.id)
      if (event.type === 'disconnected') {
        machine.connected.delete(event.id)
        machine.lost.push(event.id)
      }
    })
    return machine
  }

  itNeeds(['root', 'netns'])(
    'find each other on a switch without a default route, and on both switches of a machine with two',
    async () => {
      machines = new Namespaces()
      machines.machine('a', [{ switch: 'br1', address: '10.77.1.1/24' }])
      machines.machine('b', [{ switch: 'br1', address: '10.77.1.2/24' }])
      const both = [
        { switch: 'br1', address: '10.77.1.3/24' },
        { switch: 'br2', address: '10.77.2.3/24' },
      ]
      machines.machine('c', both)
      machines.machine('d', [{ switch: 'br2', address: '10.77.2.4/24' }])
      const network = randomUUID()
      const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => start(machines!, name, network))
      await until('a and b', () => a!.connected.has(b!.id) && b!.connected.has(a!.id))
      await until('a, b and c', () => a!.connected.has(c!.id) && b!.connected.has(c!.id))
      await until('c and d', () => c!.connected.has(d!.id) && d!.connected.has(c!.id))
      expect([a, b, c, d].flatMap((machine) => machine!.lost)).toEqual([])
    },
    120_000,
  )

  itNeeds(['root', 'netns'])(
    'find each other when the cable is put in after the start',
    async () => {
      machines = new Namespaces()
      machines.machine('a', [{ switch: 'br1', address: '10.78.1.1/24' }])
      machines.machine('b', [{ switch: 'br1', address: '10.78.1.2/24' }])
      machines.link('b', 'down')
      const network = randomUUID()
      const [a, b] = ['a', 'b'].map((name) => start(machines!, name, network))
      await until('both run', () => a!.id !== '' && b!.id !== '')
      machines.link('b', 'up')
      await until('a and b', () => a!.connected.has(b!.id) && b!.connected.has(a!.id), 60_000)
    },
    120_000,
  )
})
