/** The list of videos: search, pages, removal and its undo. */
import { ask, byId, element } from './api.js'
import { play } from './player.js'
import { clockText, dateText, durationText, sizeText, texts } from './texts.js'

/** Milliseconds after the last key until a search starts: a word is typed in less. */
const SEARCH_PAUSE_MS = 250

let shown = []
let next = null
let total = 0
let asked = 0
/** Removed videos that can still be brought back. */
const removed = new Map()

export function startVideos() {
  let timer
  byId('words').addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(loadVideos, SEARCH_PAUSE_MS)
  })
  byId('search').addEventListener('submit', (event) => {
    event.preventDefault()
    void loadVideos()
  })
  byId('more').addEventListener('click', () => void loadMore())
}

/** Reads anew as many videos as are shown, at least a page. */
export async function loadVideos() {
  const mine = ++asked
  await tell(async () => {
    const limit = Math.min(500, Math.max(60, shown.length))
    const page = await ask('GET', 'videos', { ...searchQuery(), limit })
    // An answer that a later question overtook says nothing any more.
    if (mine === asked) setPage(page.videos, page)
  })
}

async function loadMore() {
  const mine = ++asked
  const first = shown.length
  await tell(async () => {
    const page = await ask('GET', 'videos', { ...searchQuery(), after: next })
    if (mine !== asked) return
    setPage([...shown, ...page.videos], page)
    rowOf(shown[first]?.id)?.querySelector('button')?.focus()
  })
}

/** Words of one video changed, or its copies: no need to read the list. */
export function updateVideo(id, changes) {
  const index = shown.findIndex((video) => video.id === id)
  if (index < 0) return
  shown[index] = { ...shown[index], ...changes }
  rowOf(id)?.replaceWith(row(shown[index]))
}

function rowOf(id) {
  return byId('videos').querySelector(`li[data-id="${id}"]`)
}

export function forgetRemoval(id) {
  removed.delete(id)
}

function setPage(videos, page) {
  shown = [...videos]
  next = page.next
  total = page.total
  byId('videos').replaceChildren(...[...removed.values()].map(removedRow), ...shown.map(row))
  byId('more').hidden = next === null
  const isSearch = byId('words').value.trim() !== ''
  byId('count').textContent =
    total > 0 ? texts.count(shown.length, total) : isSearch ? texts.noMatch : texts.none
}

function row(video) {
  const facts = [
    video.duration === null ? undefined : durationText(video.duration),
    sizeText(video.size),
    dateText(video.createdAt),
    ...video.tags,
  ]
  return element(
    'li',
    { 'data-id': video.id },
    element(
      'span',
      { class: 'what' },
      element('strong', { dir: 'auto' }, video.title),
      element('span', { class: 'quiet' }, facts.filter((fact) => fact !== undefined).join(' · '), ' · '),
      copiesOf(video),
    ),
    button(texts.play, texts.playOne(video.title), () => play(video), 'main'),
    button(texts.remove, texts.removeOne(video.title), () => void remove(video)),
  )
}

function copiesOf(video) {
  const className = video.copies >= video.wanted ? 'good' : video.copies === 0 ? 'bad' : 'quiet'
  const text = texts.copies(video.copies, video.wanted)
  return element(
    'span',
    { class: `copies ${className}` },
    video.copies === 0 ? `${text}: ${texts.lost}` : text,
  )
}

function removedRow({ video, until }) {
  return element(
    'li',
    {},
    element('span', { class: 'what quiet' }, removedText(video, until)),
    button(texts.undo, texts.undoOne(video.title), () => void restore(video)),
  )
}

function removedText(video, until) {
  return texts.removed(video.title, until === null ? '' : clockText(until))
}

function button(text, label, onClick, className = '') {
  return element('button', { type: 'button', class: className, 'aria-label': label, click: onClick }, text)
}

async function remove(video) {
  await tell(async () => {
    const { removedAt, restorableUntil: until } = await ask('DELETE', 'video', { id: video.id })
    removed.set(video.id, { video, until })
    // Both times are the node's: this machine's clock may be wrong.
    if (until !== null) setTimeout(() => endUndo(video.id), Date.parse(until) - Date.parse(removedAt))
    await loadVideos()
    byId('notice').textContent = removedText(video, until)
    byId('videos').focus()
  })
}

function endUndo(id) {
  if (removed.delete(id)) void loadVideos()
}

async function restore(video) {
  await tell(async () => {
    await ask('POST', 'restore', { id: video.id })
    removed.delete(video.id)
    await loadVideos()
    byId('notice').textContent = texts.restored(video.title)
    byId('videos').focus()
  })
}

function searchQuery() {
  const words = byId('words').value.trim()
  return words === '' ? {} : { q: words }
}

/** Runs `work`; what goes wrong is said on the page. */
async function tell(work) {
  try {
    byId('notice').textContent = ''
    await work()
  } catch (error) {
    byId('notice').textContent = error.message
  }
}
