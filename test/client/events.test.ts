import { describe, expect, it } from 'vitest'
import { type PlaykiteEvent, connect } from '../../src/index.ts'
import { createFakeNodeApi } from '../support/fake-node-api.ts'
import { startGateway, until } from '../support/gateways.ts'

const copies = (number: number) => ['copies', { id: 'x', copies: number, wanted: 3 }] as const

/** Collects events until `stop` fires. */
async function collect(events: AsyncGenerator<PlaykiteEvent>, into: PlaykiteEvent[]): Promise<void> {
  for await (const event of events) into.push(event)
}

describe('events', () => {
  it('tell what happens from the moment that the call resolves, not from the first read', async () => {
    const { port, api } = await startGateway()
    const client = await connect(`127.0.0.1:${port}`)
    const events = await client.events(AbortSignal.timeout(60_000))
    api.events.emit(...copies(2))
    await client.edit('00000000-0000-4000-8000-000000000001', { title: 'Ç "\n' })
    expect((await events.next()).value).toMatchObject({ event: 'copies', data: { copies: 2 } })
    expect((await events.next()).value).toMatchObject({
      ...{ event: 'video-changed', data: { video: { title: 'Ç "\n' } } },
    })
    await events.return(undefined)
    await until(() => api.events.followers() === 0)
    expect(api.events.followers()).toBe(0)
  })

  it('go on after the node was away, without missing or repeating one', async () => {
    const api = createFakeNodeApi()
    const first = await startGateway(api)
    const client = await connect(`127.0.0.1:${first.port}`)
    const stop = new AbortController()
    const seen: PlaykiteEvent[] = []
    const following = collect(await client.events(stop.signal), seen)
    api.events.emit(...copies(1))
    await until(() => seen.length === 1)
    await first.close(AbortSignal.abort())
    api.events.emit(...copies(2))
    await startGateway(api, { port: first.port })
    await until(() => seen.length === 2)
    api.events.emit(...copies(3))
    await until(() => seen.length === 3)
    stop.abort()
    await following
    expect(seen.map(({ event, data }) => event === 'copies' && data.copies)).toEqual([1, 2, 3])
  })

  it('say reset when the node went away before it had told any', async () => {
    const api = createFakeNodeApi()
    const first = await startGateway(api)
    const client = await connect(`127.0.0.1:${first.port}`)
    const stop = new AbortController()
    const seen: PlaykiteEvent[] = []
    const following = collect(await client.events(stop.signal), seen)
    await first.close(AbortSignal.abort())
    api.events.emit(...copies(1))
    await startGateway(api, { port: first.port })
    await until(() => seen.length > 0)
    stop.abort()
    await following
    expect(seen.map(({ event }) => event)).toEqual(['reset'])
  })

  it('of no node are an error at once', async () => {
    const { port, close } = await startGateway()
    const client = await connect(`127.0.0.1:${port}`)
    await close(AbortSignal.abort())
    await expect(client.events(AbortSignal.timeout(60_000))).rejects.toMatchObject({ code: 'unreachable' })
  })
})
