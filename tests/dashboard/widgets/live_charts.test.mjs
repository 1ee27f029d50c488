// The pure parts of the live charts: run by test_live_charts.py with the machine's node.

import assert from "node:assert/strict"
import { test } from "node:test"

const source = new URL("../../../dashboard/widgets/live_charts/source/", import.meta.url)
const format = await import(new URL("format.js", source))
const points = await import(new URL("points.js", source))
const theme = await import(new URL("theme.js", source))

const track = (x, y = x) => ({ x: [...x], y: [...y], low: [], high: [] })

test("values carry their unit and as many digits as people read", () => {
  const said = [
    ["ratio", 0.734, "73 %"],
    ["ratio", 0.034, "3.4 %"],
    ["bytes", 47.1e9, "47.1 GB"],
    ["bytes", 999, "999 B"],
    ["bytes_per_second", 246e6, "246 MB/s"],
    ["watts", 310, "310 W"],
    ["celsius", 61.4, "61 °C"],
    ["hertz", 1.98e9, "2 GHz"],
    ["seconds", 0.0123, "12.3 ms"],
    ["plain", 2.91342, "2.913"],
    ["plain", 0.0003, "3.00e-4"],
    ["plain", 30412, "30,412"],
    ["watts", null, "—"],
    ["watts", undefined, "—"],
  ]
  for (const [unit, value, text] of said) assert.equal(format.formatValue(unit, value), text)
})

test("ticks of one axis share a prefix and differ", () => {
  assert.deepEqual(format.formatTicks("bytes", [0, 5e8, 1e9, 1.5e9]), ["0.0 GB", "0.5 GB", "1.0 GB", "1.5 GB"])
  assert.deepEqual(format.formatTicks("ratio", [0, 0.25, 0.5]), ["0 %", "25 %", "50 %"])
  assert.deepEqual(format.formatTicks("celsius", [60, 60.5]), ["60.0 °C", "60.5 °C"])
  assert.deepEqual(format.formatTicks("plain", [1, null, 10]), ["1", "", "10"])
})

test("an answer replaces what lies beyond its start, and repeats nothing", () => {
  const given = track([1, 2, 3, 4])
  points.takeIn(given, 2, [[3, 4, 5], [30, 40, 50], [], []])
  assert.deepEqual(given.x, [1, 2, 3, 4, 5])
  assert.deepEqual(given.y, [1, 2, 30, 40, 50])
  points.takeIn(given, 5, [[5, 6], [0, 60], [], []])
  assert.deepEqual(given.y, [1, 2, 30, 40, 50, 60])
  points.takeIn(given, null, [[9], [9], [], []])
  assert.deepEqual(given, track([9]))
})

test("a band that begins later starts as the line itself", () => {
  const given = track([1, 2])
  points.takeIn(given, 2, [[3], [5], [4], [6]])
  assert.deepEqual(given.low, [1, 2, 4])
  assert.deepEqual(given.high, [1, 2, 6])
  points.takeIn(given, 3, [[4], [7], [], []])
  assert.deepEqual(given.low, [1, 2, 4, 7])
})

test("what left the window is dropped, but for the point the line comes from", () => {
  const given = track([1, 2, 3, 4])
  points.dropBefore(given, 2.5)
  assert.deepEqual(given.x, [2, 3, 4])
  points.dropBefore(given, 0)
  assert.deepEqual(given.x, [2, 3, 4])
})

test("a silence is a gap, and stays one beside a series that went on", () => {
  const broken = points.withGaps(track([0, 2, 4, 20, 22]))
  assert.deepEqual(broken.x, [0, 2, 4, 12, 20, 22])
  assert.equal(broken.y[3], null)
  const whole = track([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22])
  const axis = points.sharedAxis([broken, whole])
  const column = points.spread(axis, broken.x, broken.y)
  assert.deepEqual(column, [0, 2, 4, null, null, null, null, null, null, null, 20, 22])
})

test("a slower series goes on as a line between the points of a faster one", () => {
  const slow = points.withGaps(track([0, 6, 12]))
  const axis = points.sharedAxis([slow, track([0, 2, 4, 6, 8, 10, 12])])
  assert.deepEqual(points.spread(axis, slow.x, slow.y), [0, undefined, undefined, 6, undefined, undefined, 12])
})

test("smoothing starts at the first value and skips gaps", () => {
  assert.deepEqual(points.smooth([4, 4, null, 4], 0.9).map((value) => value && Math.round(value * 1e9) / 1e9), [4, 4, null, 4])
  const [first, second] = points.smooth([0, 1], 0.5)
  assert.equal(first, 0)
  assert.ok(second > 0.5 && second < 1)
})

test("the newest value skips what is absent", () => {
  assert.equal(points.newest(track([1, 2, 3], [5, 6, null])), 6)
  assert.equal(points.newest(track([])), null)
})

test("lines are told apart by more than colour from the fifth on", () => {
  const dashes = [...Array(8).keys()].map((color) => theme.lineDash({ color, dashed: false }).join())
  assert.deepEqual(dashes.slice(0, 4), ["", "", "", ""])
  assert.equal(new Set(dashes.slice(4)).size, 4)
  assert.equal(theme.faint("#fff", 0.5), "#ffffff80")
})
