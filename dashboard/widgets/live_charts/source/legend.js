// The legend of a panel: one button per series, with its value.

import { formatValue } from "./format.js"
import { lineColor, lineDash } from "./theme.js"

/** Build the legend; `toggle(place)` shows or hides a line. */
export function createLegend(panel, hidden, toggle) {
  const element = document.createElement("div")
  element.className = "legend"
  const entries = panel.series.map((series, place) => {
    const button = document.createElement("button")
    button.type = "button"
    button.setAttribute("aria-pressed", String(!hidden.has(series.label)))
    button.title = "Show or hide this line"
    const mark = document.createElement("i")
    mark.setAttribute("aria-hidden", "true")
    const label = document.createElement("span")
    label.textContent = series.label
    const value = document.createElement("b")
    button.append(mark, label, value)
    button.addEventListener("click", () => {
      const isShown = toggle(place)
      button.setAttribute("aria-pressed", String(isShown))
    })
    element.append(button)
    return { mark, value }
  })

  return {
    element,
    paint(theme) {
      entries.forEach(({ mark }, place) => {
        const series = panel.series[place]
        mark.style.borderTopColor = lineColor(theme, series)
        mark.style.borderTopStyle = lineDash(series).length > 0 ? "dashed" : "solid"
      })
    },
    show(values) {
      entries.forEach(({ value }, place) => {
        const text = formatValue(panel.unit, values[place])
        if (value.textContent !== text) value.textContent = text
      })
    },
  }
}
