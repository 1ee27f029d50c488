// One chart: its frame and its uPlot instance, updated with points, theme, zoom and crosshair.

import { formatPlace, formatTicks, formatTimes, formatValue } from "./format.js"
import { createLegend } from "./legend.js"
import { newest, sharedAxis, smooth, spread, withGaps } from "./points.js"
import { drawTable } from "./table.js"
import { faint, lineColor, lineDash } from "./theme.js"

const ELAPSED_STEPS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400]
const HEADROOM = 1.08
const MIN_DRAG_PX = 4
// Series with fewer points (validation) are not smoothed: the mean would be misleading.
const MIN_SMOOTHED_POINTS = 30
const COLUMNS_PER_SERIES = 4 // line, low, high, points behind a smoothed line

/**
 * Build a panel. `shared` is the state that all panels share: theme, axis, smoothing, sync key,
 * hidden lines, `window()` and `zoom(range)`.
 */
export function createPanel(panel, shared) {
  const frame = createFrame(panel)
  const hidden = shared.hiddenIn(panel.title)
  let columns = emptyColumns(panel)
  let tracks = panel.series.map(() => ({ y: [] }))
  let isTable = false

  const legend = createLegend(panel, hidden, (place) => {
    const label = panel.series[place].label
    const isShown = hidden.delete(label)
    if (!isShown) hidden.add(label)
    showLine(plot, place, isShown)
    return isShown
  })
  frame.head.after(legend.element)

  let plot = null
  plot = new uPlot(options(panel, shared, frame, showValues), columns, frame.plot)
  panel.series.forEach((series, place) => showLine(plot, place, !hidden.has(series.label)))
  legend.paint(shared.theme)

  frame.button.addEventListener("click", () => {
    isTable = !isTable
    frame.button.textContent = isTable ? "Show chart" : "Show data"
    frame.button.setAttribute("aria-label", `${frame.button.textContent} of ${panel.title}`)
    frame.rows.hidden = !isTable
    frame.plot.hidden = isTable
    if (isTable) drawRows()
  })
  const observer = new ResizeObserver(() => {
    const width = frame.plot.clientWidth
    if (width > 0 && width !== plot.width) plot.setSize({ width, height: panel.height })
  })
  observer.observe(frame.plot)

  function showValues() {
    if (!plot) return
    // `cursor.idx` is not used: after new points it is wrong until the next mouse move.
    const isInspected = plot.cursor.left >= 0 && columns[0].length > 0
    const place = isInspected ? plot.posToIdx(plot.cursor.left) : 0
    const span = shared.window()[1] - shared.window()[0]
    frame.place.textContent = isInspected ? formatPlace(shared.axis, columns[0][place], span) : ""
    legend.show(
      isInspected ? panel.series.map((_, line) => columns[1 + line * COLUMNS_PER_SERIES][place]) : lastValues(),
    )
  }

  function lastValues() {
    return panel.series.map((_, line) => newest({ y: columns[1 + line * COLUMNS_PER_SERIES] }))
  }

  function drawRows() {
    const lines = panel.series.map((_, line) => columns[1 + line * COLUMNS_PER_SERIES])
    drawTable(frame.rows, panel, shared.axis, [columns[0], ...lines], shared.window())
  }

  return {
    element: frame.element,
    /** Draw the points of all lines. */
    draw(given) {
      tracks = given
      columns = toColumns(panel, tracks, shared.smoothing)
      plot.setData(columns, false)
      this.fit()
      frame.note.hidden = columns[0].length > 0
      frame.note.textContent = frame.note.hidden ? "" : shared.isAnswered() ? shared.empty : "Loading…"
      frame.plot.setAttribute("aria-label", describe(panel, lastValues()))
      if (isTable) drawRows()
    },
    /** Apply the shared window of the horizontal axis. */
    fit() {
      const [min, max] = shared.window()
      plot.setScale("x", { min, max })
    },
    /** Apply the theme of the page. */
    paint() {
      legend.paint(shared.theme)
      plot.axes.forEach((axis) => {
        axis.font = [shared.theme.font, 12 * uPlot.pxRatio]
      })
      plot.redraw(false, true)
    },
    close() {
      observer.disconnect()
      plot.destroy()
    },
  }
}

function createFrame(panel) {
  const make = (name, className) => Object.assign(document.createElement(name), { className })
  const element = make("figure", "panel")
  const head = make("figcaption", "head")
  const title = make("span", "title")
  title.textContent = panel.title
  const place = make("span", "place")
  const button = Object.assign(make("button", "quiet"), { type: "button", textContent: "Show data" })
  button.setAttribute("aria-label", `Show data of ${panel.title}`)
  const plot = make("div", "plot")
  plot.setAttribute("role", "img")
  plot.style.height = `${panel.height}px`
  const note = make("div", "note")
  const rows = Object.assign(make("div", "rows"), { hidden: true, tabIndex: 0 })
  rows.setAttribute("role", "region")
  rows.setAttribute("aria-label", `Data of ${panel.title}`)
  rows.style.height = `${panel.height}px`
  head.append(title, place, button)
  plot.append(note)
  element.append(head, plot, rows)
  return { element, head, place, button, plot, note, rows }
}

function options(panel, shared, frame, inspect) {
  const line = (color, more) => ({ stroke: color, width: 1.5, points: { show: false }, ...more })
  const series = panel.series.flatMap((one) => {
    const color = () => lineColor(shared.theme, one)
    const edge = { width: 0, points: { show: false } }
    return [
      line(color, { dash: lineDash(one), points: { show: isLonely, size: 5, fill: color } }),
      edge,
      edge,
      line(() => faint(color(), 0.3), { width: 1 }),
    ]
  })
  const bands = panel.series.map((one, place) => ({
    series: [3 + place * COLUMNS_PER_SERIES, 2 + place * COLUMNS_PER_SERIES],
    fill: () => faint(lineColor(shared.theme, one), 0.16),
  }))
  const grid = { stroke: () => shared.theme.grid, width: 1 }
  const axis = { stroke: () => shared.theme.text, font: shared.theme.font, grid, ticks: { ...grid, size: 4 }, gap: 4 }
  return {
    width: Math.max(frame.plot.clientWidth, 240),
    height: panel.height,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    series: [{}, ...series],
    bands,
    scales: { x: { time: shared.axis === "time", range: () => shared.window() }, y: valueScale(panel) },
    axes: [
      { ...axis, size: 28, space: 72, ...placeAxis(shared) },
      { ...axis, size: 80, space: 32, values: (_, splits) => formatTicks(panel.unit, splits) },
    ],
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false, dist: MIN_DRAG_PX },
      sync: { key: shared.syncKey, scales: ["x", null], filters: { pub: (type) => type.startsWith("mouse") && type !== "mousedown" && type !== "mouseup" } },
      bind: { dblclick: () => () => shared.zoom(null) },
    },
    hooks: {
      setCursor: [inspect],
      setSelect: [(plot) => selectRange(plot, shared)],
      draw: [(plot) => drawLimits(plot, panel, shared), (plot) => drawMarks(plot, panel, shared), inspect],
    },
  }
}

function selectRange(plot, shared) {
  const { left, width } = plot.select
  if (width < MIN_DRAG_PX) return
  const range = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")]
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  shared.zoom(range)
}

function placeAxis(shared) {
  if (shared.axis === "time") return { values: (_, splits, index, space, increment) => formatTimes(splits, increment) }
  if (shared.axis === "elapsed") {
    return { incrs: ELAPSED_STEPS, values: (_, splits) => formatTicks("seconds", splits) }
  }
  return { values: (_, splits) => splits.map((split) => split.toLocaleString("en")) }
}

function valueScale(panel) {
  if (panel.log) {
    const range = (_, low, high) => (low > 0 ? uPlot.rangeLog(low, high, 10, false) : [0.1, 1])
    return { distr: 3, range }
  }
  return { range: (_, low, high) => valueRange(panel, low, high) }
}

function valueRange(panel, low, high) {
  const limits = panel.limits.map((limit) => limit.value)
  const top = Math.max(high ?? panel.ceiling ?? 1, ...limits)
  const bottom = Math.min(low ?? panel.floor ?? 0, panel.floor ?? Infinity)
  const room = (top - bottom || Math.abs(top) || 1) * (HEADROOM - 1)
  return [
    panel.floor === null ? bottom - room : bottom,
    panel.ceiling === null || top > panel.ceiling ? top + room : panel.ceiling,
  ]
}

function drawLimits(plot, panel, shared) {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.strokeStyle = faint(shared.theme.text, 0.55)
  ctx.fillStyle = shared.theme.text
  ctx.font = plot.axes[1].font[0]
  ctx.textAlign = "right"
  ctx.textBaseline = "bottom"
  ctx.setLineDash([2 * uPlot.pxRatio, 3 * uPlot.pxRatio])
  for (const limit of panel.limits) {
    const height = plot.valToPos(limit.value, "y", true)
    if (height < bbox.top || height > bbox.top + bbox.height) continue
    ctx.beginPath()
    ctx.moveTo(bbox.left, height)
    ctx.lineTo(bbox.left + bbox.width, height)
    ctx.stroke()
    const text = `${limit.label} ${formatValue(panel.unit, limit.value)}`
    ctx.fillText(text, bbox.left + bbox.width, height - 2 * uPlot.pxRatio)
  }
  ctx.restore()
}

function drawMarks(plot, panel, shared) {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.strokeStyle = faint(shared.theme.text, 0.55)
  ctx.fillStyle = shared.theme.text
  ctx.font = plot.axes[1].font[0]
  ctx.textAlign = "left"
  ctx.textBaseline = "top"
  ctx.setLineDash([2 * uPlot.pxRatio, 3 * uPlot.pxRatio])
  for (const mark of panel.marks) {
    const left = plot.valToPos(mark.at, "x", true)
    if (left < bbox.left || left > bbox.left + bbox.width) continue
    ctx.beginPath()
    ctx.moveTo(left, bbox.top)
    ctx.lineTo(left, bbox.top + bbox.height)
    ctx.stroke()
    ctx.fillText(mark.label, left + 3 * uPlot.pxRatio, bbox.top + 2 * uPlot.pxRatio)
  }
  ctx.restore()
}

function isLonely(plot, line, first, last) {
  return last - first < 2
}

function showLine(plot, place, isShown) {
  plot.batch(() => {
    for (let column = 0; column < COLUMNS_PER_SERIES; column += 1) {
      plot.setSeries(1 + place * COLUMNS_PER_SERIES + column, { show: isShown })
    }
  })
}

function emptyColumns(panel) {
  return [[], ...panel.series.flatMap(() => Array.from({ length: COLUMNS_PER_SERIES }, () => []))]
}

function toColumns(panel, tracks, smoothing) {
  const gapped = tracks.map(withGaps)
  const axis = sharedAxis(gapped)
  const positive = (column) => (panel.log ? column.map((value) => (value > 0 ? value : null)) : column)
  const columns = gapped.flatMap((track, place) => {
    const band = panel.series[place].band && tracks[place].low.length > 0
    const y = positive(track.y)
    const isSmoothed = smoothing > 0 && y.length >= MIN_SMOOTHED_POINTS
    const columnsOf = [
      isSmoothed ? smooth(y, smoothing) : y,
      band ? positive(track.low) : [],
      band ? positive(track.high) : [],
      isSmoothed ? y : [],
    ]
    return columnsOf.map((column) => spread(axis, column.length > 0 ? track.x : [], column))
  })
  return [axis, ...columns]
}

function describe(panel, values) {
  const parts = panel.series.map((series, place) => `${series.label} ${formatValue(panel.unit, values[place])}`)
  return `${panel.title}. Newest values: ${parts.join(", ")}.`
}
