// Formats numbers, times and steps. Sizes are decimal: 1 GB is 10^9 bytes.

const ABSENT = "—"
const PREFIXES = ["", "k", "M", "G", "T", "P"]
const SYMBOLS = { bytes: "B", bytes_per_second: "B/s", watts: "W", hertz: "Hz" }
const DAY_S = 86400

/** Format a value with its unit, such as `47.1 GB`; an absent value is a dash. */
export function formatValue(unit, value) {
  if (value === null || value === undefined) return ABSENT
  if (unit === "ratio") return `${trimmed(value * 100, Math.abs(value) < 0.1 ? 1 : 0)} %`
  if (unit === "celsius") return `${value.toFixed(0)} °C`
  if (unit === "seconds") return formatSeconds(value)
  if (unit in SYMBOLS) {
    const power = powerOf(value)
    const scaled = value / 1000 ** power
    const digits = (power === 0 && Math.abs(scaled) >= 10) || Math.abs(scaled) >= 100 ? 0 : 1
    return `${trimmed(scaled, digits)} ${PREFIXES[power]}${SYMBOLS[unit]}`
  }
  return formatPlain(value)
}

/** Format the labels of a value axis: one prefix for all, enough digits to distinguish them. */
export function formatTicks(unit, splits) {
  const step = splits.length > 1 ? Math.abs(splits[1] - splits[0]) : Math.abs(splits[0] ?? 1)
  const largest = Math.max(...splits.map((split) => Math.abs(split ?? 0)))
  if (unit === "plain" || unit === "seconds") {
    return splits.map((split) => (split === null ? "" : formatValue(unit, split)))
  }
  const power = unit in SYMBOLS ? powerOf(largest) : 0
  const factor = unit === "ratio" ? 100 : 1 / 1000 ** power
  const symbol = unit === "ratio" ? "%" : unit === "celsius" ? "°C" : PREFIXES[power] + SYMBOLS[unit]
  const digits = digitsOf(step * factor)
  return splits.map((split) => (split === null ? "" : `${(split * factor).toFixed(digits)} ${symbol}`))
}

/** Format a position on the horizontal axis; `span` is the width of the window. */
export function formatPlace(axis, place, span) {
  if (axis === "step") return `step ${Math.round(place).toLocaleString("en")}`
  if (axis === "elapsed") return formatSeconds(place)
  const date = new Date(place * 1000)
  const clock = date.toLocaleTimeString("en-GB")
  return span > DAY_S / 2 ? `${day(date)} ${clock}` : clock
}

/** Format the labels of a time axis with ticks every `increment` seconds, in local time. */
export function formatTimes(splits, increment) {
  let before = ""
  return splits.map((split) => {
    const date = new Date(split * 1000)
    const today = day(date)
    const isNewDay = today !== before
    before = today
    if (increment >= DAY_S) return today
    const clock = date.toLocaleTimeString("en-GB").slice(0, increment < 60 ? 8 : 5)
    return clock.startsWith("00:00") && isNewDay ? today : clock
  })
}

/** Format a duration in its largest unit: `12 ms`, `8.5 s`, `3 min`, `5.2 h`, `2 d`. */
export function formatSeconds(seconds) {
  const size = Math.abs(seconds)
  if (size === 0) return "0 s"
  if (size < 1e-3) return `${trimmed(seconds * 1e6, 0)} µs`
  if (size < 1) return `${trimmed(seconds * 1e3, size < 0.1 ? 1 : 0)} ms`
  if (size < 60) return `${trimmed(seconds, size < 10 ? 1 : 0)} s`
  if (size < 3600) return `${trimmed(seconds / 60, 1)} min`
  if (size < DAY_S) return `${trimmed(seconds / 3600, 1)} h`
  return `${trimmed(seconds / DAY_S, 1)} d`
}

function formatPlain(value) {
  const size = Math.abs(value)
  if (size === 0) return "0"
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2)
  if (size >= 1000) return Math.round(value).toLocaleString("en")
  return String(Number(value.toPrecision(4)))
}

function powerOf(value) {
  const size = Math.abs(value)
  let power = 0
  while (size >= 1000 ** (power + 1) && power < PREFIXES.length - 1) power += 1
  return power
}

function digitsOf(step) {
  if (!(step > 0)) return 0
  for (let digits = 0; digits < 4; digits += 1) {
    const scaled = step * 10 ** digits
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return digits
  }
  return 4
}

function trimmed(value, digits) {
  return String(Number(value.toFixed(digits)))
}

function day(date) {
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })
}
