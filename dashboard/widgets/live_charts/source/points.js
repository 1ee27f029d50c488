// Series as columns of numbers: adds new points, drops old ones, finds gaps.

// Two points further apart than this many usual intervals are separated by a gap.
const GAP_STEPS = 2.5
const MEDIAN_OF = 64

/** Return an empty series. */
export function emptyTrack() {
  return { x: [], y: [], low: [], high: [] }
}

/** Return a series of the columns that the page contains. */
export function knownTrack([x, y, low, high]) {
  return { x: [...x], y: [...y], low: [...low], high: [...high] }
}

/** Add an answer to a series: points beyond `from` are replaced; null replaces all. */
export function takeIn(track, from, [x, y, low, high]) {
  const keep = from === null ? 0 : firstBeyond(track.x, from)
  for (const column of [track.x, track.y, track.low, track.high]) column.length = Math.min(column.length, keep)
  const hasBand = low.length > 0
  if (hasBand) fill(track)
  for (let index = 0; index < x.length; index += 1) {
    if (track.x.length > 0 && x[index] <= track.x[track.x.length - 1]) continue
    track.x.push(x[index])
    track.y.push(y[index])
    if (hasBand || track.low.length > 0) {
      track.low.push(hasBand ? low[index] : y[index])
      track.high.push(hasBand ? high[index] : y[index])
    }
  }
}

/** Drop the points before `oldest`, except the last one: the line enters the window from it. */
export function dropBefore(track, oldest) {
  const count = firstBeyond(track.x, oldest) - 1
  if (count <= 0) return
  for (const column of [track.x, track.y, track.low, track.high]) column.splice(0, count)
}

/** Return the series with a null inside each gap, so that no line is drawn across it. */
export function withGaps(track) {
  const step = usualStep(track.x)
  const result = emptyTrack()
  for (let index = 0; index < track.x.length; index += 1) {
    const silence = index > 0 ? track.x[index] - track.x[index - 1] : 0
    if (step > 0 && silence > GAP_STEPS * step) push(result, track.x[index] - silence / 2, null, null, null)
    push(result, track.x[index], track.y[index], track.low[index], track.high[index])
  }
  return result
}

/** Return the distinct x of all series, sorted. */
export function sharedAxis(tracks) {
  const all = new Set()
  for (const track of tracks) for (const x of track.x) all.add(x)
  return Float64Array.from(all).sort()
}

/**
 * Align a column with the shared axis: undefined where the series has no point (the line
 * continues), null inside a gap (the line is interrupted).
 */
export function spread(axis, x, column) {
  const result = new Array(axis.length).fill(undefined)
  let index = 0
  for (let place = 0; place < axis.length && index < x.length; place += 1) {
    if (axis[place] === x[index]) {
      result[place] = column[index]
      index += 1
    }
  }
  for (let place = 0; place < result.length; place += 1) {
    if (result[place] !== null) continue
    for (let next = place - 1; next >= 0 && result[next] === undefined; next -= 1) result[next] = null
    while (place + 1 < result.length && (result[place + 1] ?? null) === null) result[(place += 1)] = null
  }
  return result
}

/** Return the exponential moving average of a column, corrected for its start. */
export function smooth(column, weight) {
  let mean = 0
  let mass = 0
  return column.map((value) => {
    if (value === null || value === undefined) return value
    mean = weight * mean + (1 - weight) * value
    mass = weight * mass + (1 - weight)
    return mean / mass
  })
}

/** Return the newest value of a series, or null. */
export function newest(track) {
  for (let index = track.y.length - 1; index >= 0; index -= 1) {
    if (track.y[index] !== null && track.y[index] !== undefined) return track.y[index]
  }
  return null
}

function usualStep(x) {
  const steps = []
  for (let index = Math.max(1, x.length - MEDIAN_OF); index < x.length; index += 1) {
    steps.push(x[index] - x[index - 1])
  }
  steps.sort((a, b) => a - b)
  return steps.length > 1 ? steps[steps.length >> 1] : 0
}

function firstBeyond(x, limit) {
  let low = 0
  let high = x.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (x[middle] > limit) high = middle
    else low = middle + 1
  }
  return low
}

function fill(track) {
  while (track.low.length < track.x.length) {
    track.high.push(track.y[track.low.length])
    track.low.push(track.y[track.low.length])
  }
}

function push(track, x, y, low, high) {
  track.x.push(x)
  track.y.push(y)
  track.low.push(low)
  track.high.push(high)
}
