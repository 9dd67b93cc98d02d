"""What is wrong with the looks of a page: sideways scrolling, words that are cut, what the browser complains of, axe."""

from pathlib import Path
from typing import Any

AXE = (Path(__file__).resolve().parents[1] / "vendor" / "axe.min.js").read_text(encoding="utf-8")

_FIND_FAULTS = """() => {
  const root = document.documentElement, faults = [];
  const name = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") +
    (typeof e.className === "string" && e.className ? "." + e.className.trim().split(/\\s+/).join(".") : "") +
    " “" + (e.textContent || e.value || "").trim().replace(/\\s+/g, " ").slice(0, 40) + "”";
  const seen = e => {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    return e.checkVisibility() && box.width > 1 && box.height > 1 && style.visibility !== "hidden" && style.clipPath === "none";
  };
  const inScroller = e => {
    for (let up = e.parentElement; up && up !== document.body; up = up.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(up).overflowX)) return up;
    }
    return null;
  };
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.body.querySelectorAll("*")].filter(e => seen(e) && !inScroller(e) &&
      e.getBoundingClientRect().right > root.clientWidth + 0.5).map(name);
    faults.push("scrolls sideways: " + root.scrollWidth + " > " + root.clientWidth + " by " + wide.slice(-3).join(" | "));
  }
  const words = "button, a.btn, a.key, a.tile, label, legend, summary, h1, h2, h3, h4, th, dt, dd, .chip, .prompt, .where," +
    " .what, .how-many, .message, .bar-title, .rail a, .filter-chip, .figure, .code";
  for (const e of document.querySelectorAll(words)) {
    if (!seen(e) || e.closest(".visually-hidden, .sr-only")) continue;
    const style = getComputedStyle(e);
    if (style.display !== "inline" && (e.scrollWidth > e.clientWidth + 1 ||
        (style.overflowY === "hidden" && e.scrollHeight > e.clientHeight + 2))) {
      faults.push("is cut (" + e.scrollWidth + "×" + e.scrollHeight + " in " + e.clientWidth + "×" + e.clientHeight + "): " + name(e));
    }
    const box = e.getBoundingClientRect();
    if (!inScroller(e) && (box.right > root.clientWidth + 1 || box.left < -1)) faults.push("stands outside: " + name(e));
  }
  return faults;
}"""

_RUN_AXE = """async () => {
  const found = await axe.run({exclude: [["tbody tr:nth-child(n+6)"]]}, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]});
  return found.violations.filter(v => v.impact === "serious" || v.impact === "critical")
    .map(v => v.impact + " " + v.id + ": " + v.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + n.any.concat(n.all).map(c => c.message).slice(0, 1)).join(" | "));
}"""


def faults(page: Any) -> list[str]:
    """List what overflows and what is cut at the present width."""
    return list(page.evaluate(_FIND_FAULTS))


def bring_axe(page: Any) -> None:
    """Give axe to the page that is open. It comes through the debugger: as a script of the page the CSP would refuse it."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE})
    session.detach()


def axe_faults(page: Any) -> list[str]:
    """List what axe (brought before) finds serious or critical."""
    return list(page.evaluate(_RUN_AXE))


class Complaints:
    """What the browser says against the pages of a tab: errors of scripts, of the CSP, files that are not there."""

    def __init__(self, page: Any) -> None:
        self._said: list[str] = []
        page.on("pageerror", lambda error: self._said.append(f"script: {error}"))
        page.on("console", lambda line: line.type == "error" and self._said.append(f"console: {line.text}"))
        page.on("requestfailed", lambda request: self._failed(request))
        page.on("response", lambda answer: answer.status >= 400 and self._said.append(f"{answer.status} {answer.url}"))

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # left for the next page
            self._said.append(f"{request.failure}: {request.url}")

    def take(self) -> list[str]:
        """Give what was said since the last time."""
        said, self._said[:] = list(self._said), []
        return said
