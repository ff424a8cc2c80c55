/** Publishing: the file goes as the raw body, and the answer's lines say how far it is. */
import { byId, element, sentenceOf } from './api.js'
import { durationText, sizeText, texts } from './texts.js'

export function startUploads() {
  byId('upload').addEventListener('submit', (event) => {
    event.preventDefault()
    const file = byId('file').files[0]
    if (file === undefined) return
    publish(file, byId('title').value.trim(), byId('any').checked)
    event.target.reset()
  })
  addEventListener('beforeunload', (event) => {
    if (byId('uploads').querySelector('progress') !== null) event.preventDefault()
  })
}

/** XMLHttpRequest and not fetch: only it tells how much was sent. */
function publish(file, title, any) {
  const request = new XMLHttpRequest()
  const view = uploadView(title || file.name, () => request.abort())
  const query = new URLSearchParams({ name: file.name, ...(title && { title }), ...(any && { any: '1' }) })
  const began = performance.now()
  let last
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    const rate = loaded / Math.max(0.001, (performance.now() - began) / 1000)
    view.progress(loaded, total, rate)
  })
  request.addEventListener('progress', () => {
    last = lastLine(request.responseText) ?? last
    if (last?.phase === 'safe') view.say(safeText(last), 'good')
  })
  request.addEventListener('load', () => {
    const line =
      request.status === 200 ? (lastLine(request.responseText) ?? last) : JSON.parse(request.responseText)
    if (line?.error !== undefined) view.end(sentenceOf(line.error), 'bad')
    else if (line?.phase === 'done') view.end(doneText(line), line.safe ? 'good' : '')
    else view.end(texts.uploadBroke, 'bad')
  })
  request.addEventListener('error', () => view.end(texts.uploadBroke, 'bad'))
  request.addEventListener('abort', () => view.end(texts.cancelled))
  request.open('POST', `upload?${query}`)
  request.setRequestHeader('accept', 'application/x-ndjson')
  request.setRequestHeader('content-type', 'application/octet-stream')
  request.send(file)
}

/** The last whole line so far. */
function lastLine(text) {
  const line = text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1)
  return line ? JSON.parse(line) : undefined
}

function safeText({ safe, copies, video }) {
  return (safe ? texts.safe : texts.unsafe)(copies, video.wanted)
}

function doneText(line) {
  return line.video.existed ? texts.existed : safeText(line)
}

function uploadView(name, onCancel) {
  const bar = element('progress', { max: '1', 'aria-label': name })
  const words = element('span', { class: 'quiet', role: 'status' }, texts.starting)
  const cancel = element(
    'button',
    { type: 'button', click: onCancel, 'aria-label': `${texts.cancel}: ${name}` },
    texts.cancel,
  )
  const what = element('span', { class: 'what' }, element('strong', { dir: 'auto' }, name), bar, words)
  const item = element('li', {}, what, cancel)
  byId('uploads').prepend(item)
  return {
    progress(loaded, total, rate) {
      bar.value = total === 0 ? 0 : loaded / total
      const left = texts.left(durationText((total - loaded) / rate))
      words.textContent = texts.receiving(Math.floor((100 * loaded) / total), `${sizeText(rate)}/s`, left)
    },
    say(text, className = 'quiet') {
      words.className = className
      words.textContent = text
    },
    end(text, className = 'quiet') {
      bar.remove()
      cancel.remove()
      this.say(text, className)
    },
  }
}
