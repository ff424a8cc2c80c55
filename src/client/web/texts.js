/** Every text of the page, in English and Portuguese, and the forms in which people read sizes and times. */

const en = {
  skip: 'To the videos',
  publish: 'Publish a video',
  file: 'File',
  title: 'Title',
  any: 'Also if it is no video or sound',
  publishButton: 'Publish',
  videos: 'Videos',
  search: 'Search',
  more: 'More',
  nodes: 'Machines',
  api: 'HTTP API',
  close: 'Close',
  play: 'Play',
  playOne: (title) => `Play ${title}`,
  remove: 'Remove',
  removeOne: (title) => `Remove ${title}`,
  undo: 'Undo',
  undoOne: (title) => `Bring back ${title}`,
  removed: (title, until) =>
    `“${title}” was removed.${until ? ` It can be brought back until ${until}.` : ''}`,
  restored: (title) => `“${title}” is back.`,
  copies: (copies, wanted) => `${copies} of ${wanted} copies`,
  lost: 'no machine that has it answers',
  count: (shown, total) => (shown === total ? `${total} videos` : `${shown} of ${total} videos`),
  none: 'No video yet: publish the first one.',
  noMatch: 'Nothing matches these words.',
  starting: 'Starting…',
  receiving: (percent, rate, eta) => [`${percent} %`, rate, eta].filter(Boolean).join(' · '),
  left: (time) => `${time} left`,
  safe: (copies, wanted) => `Safe: kept on ${copies} of ${wanted} machines.`,
  unsafe: (copies, wanted) => `Kept on ${copies} of ${wanted} machines, not safe yet.`,
  existed: 'These bytes had been published before: it is the same video.',
  cancel: 'Cancel',
  cancelled: 'Cancelled.',
  lostContact: 'The connection to this machine was lost. Trying again…',
  uploadBroke: 'The connection broke off. Nothing was published: send it again.',
  playBroke: 'The video stopped coming. Trying again…',
  playFailed: 'This browser cannot play the video, or no machine that has it answers. You can download it:',
  download: 'Download',
  from: (name) => `now from ${name}`,
  status: (s) =>
    `${s.videos} ${s.videos === 1 ? 'video' : 'videos'} on ${s.nodesAlive} of ${s.nodes} machines` +
    (s.underReplicated > 0 ? `, ${s.underReplicated} with too few copies` : '') +
    (s.lost > 0 ? `, ${s.lost} not reachable` : ''),
  self: 'this machine',
  nodeVideos: (n) => (n === 1 ? '1 copy' : `${n} copies`),
  used: (used, capacity) => `${used} of ${capacity}`,
  states: {
    alive: 'here',
    suspect: 'lost just now',
    dead: 'not reachable',
    away: 'switched off',
    leaving: 'leaving',
    left: 'left',
  },
}

const pt = {
  skip: 'Para os vídeos',
  publish: 'Publicar um vídeo',
  file: 'Arquivo',
  title: 'Título',
  any: 'Mesmo que não seja vídeo nem som',
  publishButton: 'Publicar',
  videos: 'Vídeos',
  search: 'Procurar',
  more: 'Mais',
  nodes: 'Máquinas',
  api: 'API HTTP',
  close: 'Fechar',
  play: 'Assistir',
  playOne: (title) => `Assistir a ${title}`,
  remove: 'Remover',
  removeOne: (title) => `Remover ${title}`,
  undo: 'Desfazer',
  undoOne: (title) => `Trazer ${title} de volta`,
  removed: (title, until) =>
    `“${title}” foi removido.${until ? ` Dá para trazer de volta até ${until}.` : ''}`,
  restored: (title) => `“${title}” está de volta.`,
  copies: (copies, wanted) => `${copies} de ${wanted} cópias`,
  lost: 'nenhuma máquina que o guarda responde',
  count: (shown, total) => (shown === total ? `${total} vídeos` : `${shown} de ${total} vídeos`),
  none: 'Nenhum vídeo ainda: publique o primeiro.',
  noMatch: 'Nada corresponde a essas palavras.',
  starting: 'Começando…',
  receiving: en.receiving,
  left: (time) => `faltam ${time}`,
  safe: (copies, wanted) => `Seguro: guardado em ${copies} de ${wanted} máquinas.`,
  unsafe: (copies, wanted) => `Guardado em ${copies} de ${wanted} máquinas, ainda não está seguro.`,
  existed: 'Estes bytes já tinham sido publicados: é o mesmo vídeo.',
  cancel: 'Cancelar',
  cancelled: 'Cancelado.',
  lostContact: 'A conexão com esta máquina caiu. Tentando de novo…',
  uploadBroke: 'A conexão caiu. Nada foi publicado: envie de novo.',
  playBroke: 'O vídeo parou de chegar. Tentando de novo…',
  playFailed:
    'Este navegador não toca o vídeo, ou nenhuma máquina que o guarda responde. Você pode baixá-lo:',
  download: 'Baixar',
  from: (name) => `agora de ${name}`,
  status: (s) =>
    `${s.videos} ${s.videos === 1 ? 'vídeo' : 'vídeos'} em ${s.nodesAlive} de ${s.nodes} máquinas` +
    (s.underReplicated > 0 ? `, ${s.underReplicated} com poucas cópias` : '') +
    (s.lost > 0 ? `, ${s.lost} fora de alcance` : ''),
  self: 'esta máquina',
  nodeVideos: (n) => (n === 1 ? '1 cópia' : `${n} cópias`),
  used: (used, capacity) => `${used} de ${capacity}`,
  states: {
    alive: 'presente',
    suspect: 'perdida agora',
    dead: 'fora de alcance',
    away: 'ausente',
    leaving: 'saindo',
    left: 'saiu',
  },
}

const isPortuguese = navigator.language.toLowerCase().startsWith('pt')
export const language = isPortuguese ? navigator.language : 'en'
export const texts = isPortuguese ? pt : en

/** Puts the texts into the elements that carry their names. */
export function translatePage() {
  document.documentElement.lang = language
  for (const element of document.querySelectorAll('[data-text]'))
    element.textContent = texts[element.dataset.text]
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']

/** 5000000 → "5 MB" */
export function sizeText(bytes) {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const format = {
    style: 'unit',
    unit: units[power],
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: 1,
  }
  return new Intl.NumberFormat(language, format).format(bytes / 1000 ** power)
}

/** 3725 → "1:02:05" */
export function durationText(seconds) {
  const whole = Math.round(seconds)
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return parts
    .slice(parts[0] > 0 ? 0 : 1)
    .map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0')))
    .join(':')
}

export function clockText(iso) {
  return new Date(iso).toLocaleTimeString(language, { timeStyle: 'short' })
}

export function dateText(iso) {
  return new Date(iso).toLocaleDateString(language, { dateStyle: 'medium' })
}
