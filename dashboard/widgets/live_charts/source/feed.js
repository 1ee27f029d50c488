// Polls the server for new points; pauses in a hidden tab and backs off while requests fail.

const MAX_PAUSE_S = 30

/**
 * Poll `url`; each answer contains the cursor and the delay of the next request.
 * Calls `take(answer)` for each answer and `fail(reason)` with "lost" or "signed-out".
 * Returns a function that stops the polling.
 */
export function startFeed(url, live, take, fail) {
  let cursor = ""
  let timer = 0
  let failures = 0
  let isBusy = false
  let isAnswered = false
  const ending = new AbortController()

  async function ask() {
    clearTimeout(timer)
    if (isBusy || document.hidden || (isAnswered && !live)) return
    isBusy = true
    let pause = 1
    try {
      const response = await fetch(`${url}&cursor=${encodeURIComponent(cursor)}`, { signal: ending.signal })
      if (response.status === 401) {
        fail("signed-out")
        ending.abort()
        return
      }
      if (!response.ok) throw new Error(`status ${response.status}`)
      const answer = await response.json()
      failures = 0
      isAnswered = true
      cursor = answer.cursor
      pause = answer.period
      take(answer)
    } catch (error) {
      if (ending.signal.aborted) return
      failures += 1
      pause = Math.min(2 ** failures, MAX_PAUSE_S)
      // A single failure is retried silently.
      if (failures > 1) fail("lost")
    } finally {
      isBusy = false
    }
    if (live || failures > 0) timer = setTimeout(ask, pause * 1000)
  }

  document.addEventListener("visibilitychange", ask, { signal: ending.signal })
  ask()
  return () => {
    clearTimeout(timer)
    ending.abort()
  }
}
