// The points of a panel as a table, for assistive technology and for copying.

import { formatPlace, formatValue } from "./format.js"

const MOST_ROWS = 100

/** Fill `place` with a table of the points inside `window`, newest first. */
export function drawTable(place, panel, axis, columns, window) {
  const rows = []
  const [shared, ...lines] = columns
  for (let index = shared.length - 1; index >= 0 && rows.length < MOST_ROWS; index -= 1) {
    const isInside = shared[index] >= window[0] && shared[index] <= window[1]
    const values = lines.map((line) => line[index])
    if (isInside && values.some((value) => value !== null && value !== undefined)) {
      rows.push([formatPlace(axis, shared[index], window[1] - window[0]), ...values.map((value) => formatValue(panel.unit, value))])
    }
  }
  const table = document.createElement("table")
  const caption = table.createCaption()
  caption.textContent = `${panel.title}: the newest ${rows.length} points`
  const head = table.createTHead().insertRow()
  for (const title of [axis === "step" ? "Step" : "Time", ...panel.series.map((series) => series.label)]) {
    const cell = document.createElement("th")
    cell.scope = "col"
    cell.textContent = title
    head.append(cell)
  }
  const body = table.createTBody()
  for (const row of rows) {
    const line = body.insertRow()
    for (const text of row) line.insertCell().textContent = text
  }
  place.replaceChildren(table)
}
