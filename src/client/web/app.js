/** The page of a node: list, upload, play; kept up to date by the node's events while it is in sight. */
import { byId } from './api.js'
import { loadNodes } from './nodes.js'
import { playFromAddress, showSource, startPlayer, stopIfPlaying } from './player.js'
import { texts, translatePage } from './texts.js'
import { startUploads } from './upload.js'
import { forgetRemoval, loadVideos, startVideos, updateVideo } from './videos.js'

/** Milliseconds in which events that ask for the list again are taken together. */
const TOGETHER_MS = 300

let events

/** Runs `load` once for all calls within TOGETHER_MS. */
function soon(load) {
  let timer
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined
      void load()
    }, TOGETHER_MS)
  }
}
const nodesSoon = soon(loadNodes)
const reloadSoon = soon(() => Promise.all([loadVideos(), loadNodes()]))

const listeners = {
  'video-added': reloadSoon,
  'video-changed': ({ video }) => updateVideo(video.id, video),
  'video-removed': ({ id }) => {
    stopIfPlaying(id)
    reloadSoon()
  },
  'video-restored': ({ video }) => {
    forgetRemoval(video.id)
    reloadSoon()
  },
  copies: ({ id, copies, wanted }) => {
    updateVideo(id, { copies, wanted })
    nodesSoon()
  },
  'node-state': nodesSoon,
  source: ({ id, name }) => showSource(id, name),
  reset: reloadSoon,
}

/** Browsers open six connections to a node for all tabs together: a tab that nobody sees gives its one back. */
function follow() {
  events?.close()
  events = undefined
  if (document.hidden) return
  events = new EventSource('events')
  events.addEventListener('open', () => {
    byId('notice').textContent = ''
    reloadSoon()
  })
  events.addEventListener('error', () => {
    byId('notice').textContent = texts.lostContact
  })
  for (const [name, listen] of Object.entries(listeners)) {
    events.addEventListener(name, (event) => listen(JSON.parse(event.data)))
  }
}

translatePage()
startVideos()
startUploads()
startPlayer()
void loadVideos()
void loadNodes()
void playFromAddress()
document.addEventListener('visibilitychange', follow)
follow()
