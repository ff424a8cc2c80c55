/** The video that plays now. A node that stops giving bytes is asked again from where the picture stands. */
import { ask, byId, element } from './api.js'
import { texts } from './texts.js'

/** Tries after an error before the page gives up, a second longer apart each time. */
const MAX_TRIES = 5

let playing
let tries = 0

export function startPlayer() {
  const video = byId('video')
  byId('player-close').addEventListener('click', close)
  video.addEventListener('error', retry)
  video.addEventListener('playing', () => {
    tries = 0
    byId('player-note').replaceChildren()
  })
}

/** Opens the video that the address names, as links and `playkite watch` have it. */
export async function playFromAddress() {
  const id = new URLSearchParams(location.search).get('video')
  if (id === null) return
  try {
    play(await ask('GET', 'video', { id }))
  } catch (error) {
    byId('notice').textContent = error.message
  }
}

export function play(video) {
  playing = video
  history.replaceState(null, '', `?video=${video.id}`)
  tries = 0
  byId('player').hidden = false
  byId('player-title').textContent = video.title
  byId('player-about').textContent = video.description
  byId('player-note').replaceChildren()
  load(0)
  byId('player-title').focus()
}

/** A stream of this node goes on from another holder. */
export function showSource(id, holder) {
  if (playing?.id === id) byId('player-note').textContent = texts.from(holder)
}

export function stopIfPlaying(id) {
  if (playing?.id === id) close()
}

function load(position) {
  const player = byId('video')
  player.src = sourceOf(playing)
  if (position > 0) player.currentTime = position
  // Browsers may refuse to start by themselves; the controls are there.
  player.play().catch((error) => console.debug(error))
}

function sourceOf(video) {
  return `stream/${video.id}/${encodeURIComponent(video.title)}`
}

/** Only network errors are worth another try: the bytes will not become playable. */
function retry() {
  if (playing === undefined) return
  const player = byId('video')
  const { currentTime, error } = player
  const again = playing
  if (error?.code !== MediaError.MEDIA_ERR_NETWORK || tries >= MAX_TRIES) return giveUp()
  tries += 1
  byId('player-note').textContent = texts.playBroke
  setTimeout(() => {
    if (playing === again) load(currentTime)
  }, tries * 1000)
}

function giveUp() {
  const link = element('a', { href: sourceOf(playing), download: playing.title }, texts.download)
  byId('player-note').replaceChildren(`${texts.playFailed} `, link)
}

function close() {
  const player = byId('video')
  const id = playing?.id
  playing = undefined
  history.replaceState(null, '', location.pathname)
  player.removeAttribute('src')
  player.load()
  byId('player').hidden = true
  document.querySelector(`li[data-id="${id}"] button`)?.focus()
}
