// Colours and font, read from the CSS variables that Streamlit sets on the component.

const PALETTE = "#0072B2,#999933,#332288,#8C510A,#648FFF,#C51B7D,#CC79A7,#882255"
// More than four lines cannot be distinguished by colour alone.
const DASHES = [[], [], [], [], [6, 3], [2, 3], [8, 3, 2, 3], [4, 4]]
const DASHED = [5, 4]

/** Return the current theme of the page. */
export function readTheme(host) {
  const style = getComputedStyle(host)
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback
  return {
    text: read("--st-text-color", "#111820"),
    grid: read("--st-border-color", "#CBD3DD"),
    background: read("--st-background-color", "#FFFFFF"),
    palette: read("--st-chart-categorical-colors", PALETTE).split(",").map((color) => color.trim()),
    font: `12px ${read("--st-font", "system-ui, sans-serif")}`,
  }
}

/** Return the colour of a line. */
export function lineColor(theme, series) {
  return theme.palette[series.color % theme.palette.length]
}

/** Return the dash pattern of a line. */
export function lineDash(series) {
  return series.dashed ? DASHED : DASHES[series.color % DASHES.length]
}

/** Return a translucent colour; `color` is #rgb or #rrggbb. */
export function faint(color, alpha) {
  const hex = color.length === 4 ? color.replace(/[0-9a-f]/gi, "$&$&") : color
  return `${hex.slice(0, 7)}${Math.round(alpha * 255).toString(16).padStart(2, "0")}`
}
