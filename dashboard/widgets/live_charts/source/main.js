// The component: keeps its panels, points and zoom across reruns, and polls for new points.

import { startFeed } from "./feed.js"
import { dropBefore, emptyTrack, knownTrack, takeIn } from "./points.js"
import { createPanel } from "./panel.js"
import { readTheme } from "./theme.js"

const ERROR_MESSAGES = {
  lost: "Connection lost. The charts show the last values received.",
  "signed-out": "Signed out. Open the sign-in link again.",
}
const instances = new WeakMap()
let numInstances = 0

export default function (component) {
  const { data, parentElement } = component
  const root = parentElement.querySelector(".live-charts")
  if (!data || !root) return undefined
  let instance = instances.get(parentElement)
  if (instance?.root !== root) {
    instance?.close()
    instance = createInstance(root, parentElement.host ?? parentElement)
    instances.set(parentElement, instance)
  }
  const turn = instance.follow(data)
  return () => {
    // Streamlit also calls the cleanup of a run that a newer run has replaced.
    if (instance.turn() !== turn) return
    instance.close()
    instances.delete(parentElement)
  }
}

function createInstance(root, host) {
  numInstances += 1
  const hidden = new Map()
  const bar = createBar(() => zoom(null))
  const grid = Object.assign(document.createElement("div"), { className: "grid" })
  const style = Object.assign(document.createElement("style"), { textContent: STYLE })
  root.replaceChildren(style, bar.element, grid)
  let data = null
  let panels = []
  let tracks = []
  let zoomed = null
  let now = Date.now() / 1000
  let isAnswered = false
  let stopFeed = () => {}
  let turn = 0

  const shared = {
    theme: readTheme(host),
    syncKey: `live-charts-${numInstances}`,
    axis: "time",
    smoothing: 0,
    empty: "",
    isAnswered: () => isAnswered,
    hiddenIn: (title) => hidden.get(title) ?? hidden.set(title, new Set()).get(title),
    window: () => zoomed ?? fullWindow(),
    zoom,
  }

  function fullWindow() {
    if (data?.axis === "time") return [now - data.span, now]
    const ends = everyTrack().filter((track) => track.x.length > 0)
    const min = Math.min(...ends.map((track) => track.x[0]))
    const max = Math.max(...ends.map((track) => track.x[track.x.length - 1]))
    return ends.length > 0 ? [min, max > min ? max : min + 1] : [0, 1]
  }

  function everyTrack() {
    return panels.flatMap(({ lines }) => lines.map(trackOf))
  }

  function trackOf(series) {
    return series.known ?? tracks[series.source] ?? emptyTrack()
  }

  function zoom(range) {
    zoomed = range
    bar.zoomed(range !== null)
    for (const { view } of panels) view.fit()
  }

  function draw() {
    for (const { view, lines } of panels) view.draw(lines.map(trackOf))
  }

  function build() {
    for (const { view } of panels) view.close()
    panels = data.panels.map((panel) => ({
      view: createPanel(panel, shared),
      lines: panel.series.map((series) => ({ ...series, known: series.points && knownTrack(series.points) })),
    }))
    grid.replaceChildren(...panels.map(({ view }) => view.element))
    grid.style.setProperty("--columns", data.columns)
  }

  function take(answer) {
    isAnswered = true
    now = answer.now ?? now
    answer.series.forEach(([place, ...columns], source) => {
      tracks[source] ??= emptyTrack()
      takeIn(tracks[source], answer.from && answer.from[source], [answer.x[place], ...columns])
      if (data.axis === "time") dropBefore(tracks[source], now - data.span)
    })
    root.classList.toggle("stale", Boolean(answer.stale))
    bar.show(answer.stale ?? "")
    draw()
  }

  function fail(reason) {
    root.classList.add("stale")
    bar.show(ERROR_MESSAGES[reason])
  }

  return {
    root,
    turn: () => turn,
    follow(given) {
      turn += 1
      shared.theme = readTheme(host)
      const before = data
      data = given
      Object.assign(shared, { axis: data.axis, smoothing: data.smoothing, empty: data.empty })
      if (before === null || layoutOf(before) !== layoutOf(data)) {
        tracks = []
        isAnswered = data.url === null
        build()
      }
      if (before !== null && (before.axis !== data.axis || before.span !== data.span)) zoom(null)
      if (before === null || before.url !== data.url || before.live !== data.live) {
        // The old points stay visible until the first answer replaces them.
        stopFeed()
        stopFeed = data.url === null ? () => {} : startFeed(data.url, data.live, take, fail)
      }
      for (const { view } of panels) view.paint()
      draw()
      return turn
    },
    close() {
      stopFeed()
      for (const { view } of panels) view.close()
    },
  }
}

function layoutOf(data) {
  return JSON.stringify([data.panels, data.columns, data.axis])
}

function createBar(reset) {
  const element = Object.assign(document.createElement("div"), { className: "bar" })
  const words = Object.assign(document.createElement("span"), { className: "words" })
  words.setAttribute("role", "status")
  const button = document.createElement("button")
  Object.assign(button, { type: "button", className: "quiet", textContent: "Reset zoom", hidden: true })
  button.addEventListener("click", reset)
  element.append(words, button)
  return {
    element,
    show(text) {
      if (words.textContent !== text) words.textContent = text
    },
    zoomed(isZoomed) {
      button.hidden = !isZoomed
    },
  }
}
