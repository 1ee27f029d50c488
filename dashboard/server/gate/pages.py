"""The gate's own pages: self-contained HTML without scripts, which fetches nothing."""

import html

_STYLE = """
:root { color-scheme: light dark; --back: #f3f5f8; --card: #fff; --text: #111820; --line: #cbd3dd;
  --accent: #0f62ac; --soft: #4a5562; }
@media (prefers-color-scheme: dark) { :root { --back: #0f141b; --card: #18202b; --text: #e4eaf2;
  --line: #34404f; --accent: #8cb9f2; --soft: #aeb8c4; } }
* { box-sizing: border-box; }
body { align-items: center; background: var(--back); color: var(--text); display: flex;
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; justify-content: center;
  margin: 0; min-height: 100vh; padding: 1.5rem; }
main { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  max-width: 30rem; padding: 2rem 2.25rem; width: 100%; }
h1 { font-size: 1.35rem; font-weight: 650; letter-spacing: -0.01em; margin: 0 0 0.75rem; }
p { margin: 0 0 0.9rem; }
.mark { display: block; height: 32px; margin: 0 0 1.1rem; width: 32px; }
.mark rect { fill: var(--accent); }
label { display: block; font-weight: 600; margin: 1.1rem 0 0.35rem; }
input { background: var(--back); border: 1px solid var(--soft); border-radius: 6px;
  color: inherit; font: inherit; padding: 0.5rem 0.65rem; width: 100%; }
button { background: #0f62ac; border: 0; border-radius: 6px; color: #fff; cursor: pointer;
  font: inherit; font-weight: 600; margin-top: 0.9rem; padding: 0.5rem 1rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code { background: var(--back); border: 1px solid var(--line); border-radius: 4px;
  font: 0.9em ui-monospace, Menlo, Consolas, monospace; padding: 0.1rem 0.35rem; }
small { color: var(--soft); font-size: 0.86rem; }
.problem { border-left: 3px solid #c4221f; padding-left: 0.75rem; }
"""

# The product's mark, also its favicon: five racks, the middle one tallest.
MARK = (
    '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">'
    '<rect x="2" y="14" width="4" height="12" rx="1"/><rect x="8" y="9" width="4" height="17" '
    'rx="1"/><rect x="14" y="4" width="4" height="22" rx="1"/><rect x="20" y="9" width="4" '
    'height="17" rx="1"/><rect x="26" y="14" width="4" height="12" rx="1"/></svg>'
)


def sign_in_page(problem: str = "") -> str:
    """Return the page for a user who is not signed in; `problem`: reason of a failed attempt."""
    alert = f'<p class="problem" role="alert">{html.escape(problem)}</p>' if problem else ""
    return _page(
        "Sign in",
        f"""{alert}
<p>Open the link that <code>datahall up</code> printed in its terminal. The link works once. Each
start of <code>datahall up</code> prints a new one.</p>
<form method="get" action="/">
<label for="token">Or paste the link or its token</label>
<input id="token" name="token" type="text" autocomplete="off" spellcheck="false" required>
<button type="submit">Sign in</button>
</form>
<p style="margin:1.25rem 0 0"><small>Signing in needs access to that terminal or to the home folder,
because a signed-in user can start programs on this machine.</small></p>""",
    )


def signed_out_page() -> str:
    """Return the page after signing out."""
    return _page(
        "Signed out",
        """<p>This browser is signed out, and all its Datahall tabs are disconnected.</p>
<p>To sign in again, use a new link: <code>datahall up</code> prints one when it starts.</p>""",
    )


def continue_page(path: str) -> str:
    """Return a page that opens `path` at once.

    When a link on another site leads here, the browser does not send a SameSite=Strict cookie. It
    sends the cookie with the next request, because that one comes from our own page.
    """
    target = html.escape(path, quote=True)
    return _page(
        "Opening Datahall",
        f'<p><a href="{target}">Continue</a></p>',
        f'<meta http-equiv="refresh" content="0;url={target}">',
    )


def refused_page(reason: str) -> str:
    """Return the page for a request that is refused even with a valid cookie."""
    return _page("Request refused", f"<p>{html.escape(reason)}</p>")


def _page(title: str, body: str, head: str = "") -> str:
    """Return a complete HTML page."""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} · Datahall</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">{head}
<style>{_STYLE}</style></head>
<body><main>{MARK}<h1>{title}</h1>{body}</main></body></html>"""
