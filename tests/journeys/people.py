"""People at work: a hand with a scanner and a thumb, and somebody at a desk who owns no mouse."""

import re
from typing import Any

from tests.journeys import looks

GS = "\x1d"
_FINGER_MS = 110  # between two signs; what comes faster than 80 ms is a scanner to the handheld
_BLOCK_MS = 750  # what the handheld's script takes nothing for after a no, and a little


class Hand:
    """A person with a handheld. Every screen they see is looked at; `faults` collects what overflows or is cut."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.url = url
        self.faults: list[str] = []
        self.complaints = looks.Complaints(page)

    # -- what is done
    def log_in(self, badge: str, pin: str) -> None:
        """Scan the badge, type the PIN."""
        self.page.goto(f"{self.url}/m/login")
        self.page.wait_for_load_state("networkidle")
        assert self.page.evaluate("document.activeElement.id") == "badge"
        self._type(badge)
        assert self.page.evaluate("document.activeElement.id") == "pin"
        self._type(pin)
        self.page.wait_for_url("**/m/")
        self.page.wait_for_load_state("networkidle")

    def log_in_by_name(self, login: str, password: str) -> None:
        """Log in with name and password, as on a device nobody registered."""
        self.page.goto(f"{self.url}/login")
        self.page.wait_for_load_state("networkidle")
        self.page.keyboard.type(login)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)
        self.page.wait_for_load_state("networkidle")

    def open(self, task: str) -> None:
        """Tap a task of the menu."""
        self.page.goto(f"{self.url}/m/")
        self.page.click(f".key-menu:has-text('{task}')")
        self.page.wait_for_selector("html.has-script #scan")
        self._look()

    def scan(self, text: str) -> None:
        """Pull the trigger: keystrokes and Enter, GS as the scanner types it; wait for the answer."""
        self._read_the_no()
        self._type(text)
        self.wait()

    def type_in(self, text: str) -> None:
        """Type as fingers do, slower than any scanner, and press Enter; wait for the answer."""
        self._read_the_no()
        self.page.keyboard.type(text, delay=_FINGER_MS)
        self.page.keyboard.press("Enter")
        self.wait()

    def tap(self, words: str) -> None:
        """Tap the button that says so."""
        self._read_the_no()
        self.page.click(f"button:has-text('{words}')")
        self.wait()

    def wait(self) -> None:
        """Wait for the answer to what was done last."""
        self.page.wait_for_selector("html.has-script #frame:not(.is-sending)")
        self._look()

    def _read_the_no(self) -> None:
        """Take the time it takes to see a no: the script takes nothing before."""
        if self.tone in ("no", "alarm"):
            self.page.wait_for_timeout(_BLOCK_MS)

    def _type(self, text: str) -> None:
        for number, part in enumerate(text.split(GS)):
            if number:
                self.page.keyboard.press("Control+BracketRight")
            self.page.keyboard.type(part)
        self.page.keyboard.press("Enter")

    # -- what is seen
    @property
    def step(self) -> str:
        """The step that is shown."""
        return str(self.page.get_attribute("#frame", "data-step"))

    @property
    def tone(self) -> str:
        """The tone of the message: yes, no, alarm, ask, noted, or blank."""
        return str(self.page.get_attribute("#frame", "data-tone"))

    @property
    def message(self) -> str:
        """The message that is shown, in one line."""
        return _one_line(self.page.inner_text("#message"))

    @property
    def text(self) -> str:
        """All words on the screen, in one line."""
        return _one_line(self.page.inner_text("#frame"))

    @property
    def is_red(self) -> bool:
        """Say whether the frame is red, as the eye sees it: more red than anything else, all round."""
        colour = self.page.evaluate("getComputedStyle(document.getElementById('frame')).borderTopColor")
        red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
        return red > 150 and green < 80 and blue < 80

    def _look(self) -> None:
        where = f"{self.page.url.rsplit('/', 1)[-1]} {self.step}{' ' + self.tone if self.tone else ''}"
        self.faults += [f"{where}: {fault}" for fault in looks.faults(self.page)]
        height = self.page.evaluate("document.documentElement.scrollHeight - innerHeight")
        if height > 0 and self.tone in ("", "yes"):
            self.faults.append(f"{where}: must be scrolled by {height} px")
        self.faults += [
            f"{where}: {said}" for said in self.complaints.take() if not re.match(r"4\d\d |console: .* 4\d\d ", said)
        ]


class Desk:
    """A person at a desk with the keyboard alone."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints = looks.Complaints(page)

    def log_in(self, login: str, password: str) -> None:
        """Log in as somebody (whoever was in goes out)."""
        self.page.wait_for_load_state("networkidle")  # an answer still on its way would bring the old cookie back
        self.page.goto("about:blank")
        self.page.context.clear_cookies()
        self.page.goto(f"{self.url}/login")
        self.page.wait_for_load_state("networkidle")
        self.page.keyboard.type(login)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def find(self, text: str) -> None:
        """Scan or type into the search field at the top, from wherever the focus is; a single hit opens at once."""
        self.tab_to("Search", back=True)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def tab_to(self, words: str, *, back: bool = False) -> None:
        """Press Tab until the focus stands on what is called so; fail when it never does, or when it cannot be seen."""
        self._wait_for_the_script()
        seen: list[str] = []
        for _ in range(200):
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
            name, is_marked = self.page.evaluate(_FOCUSED)
            seen.append(name)
            if name == words or name.startswith(words + " "):
                assert is_marked, f"nobody sees that the focus is on “{name}”"
                return
        raise AssertionError(f"the keyboard does not reach “{words}”; it reached {sorted(set(seen))}")

    def _wait_for_the_script(self) -> None:
        """Let a page that is just coming finish: before, a key does what the page does without its script, or nothing."""
        self.page.wait_for_load_state("load")
        self.page.wait_for_selector("html.has-script", state="attached")

    def press(self, words: str) -> None:
        """Go to a button or link by Tab and press Enter; what comes of it is to be waited for by `sees`."""
        self.tab_to(words)
        self.page.keyboard.press("Enter")

    def fill(self, label: str, text: str) -> None:
        """Go to a field by Tab and type."""
        self.tab_to(label)
        self.page.keyboard.type(text)

    def sees(self, words: str, *, where: str = "body") -> None:
        """Wait until the words stand on the page (or in a part of it); fail with what stands there instead."""
        from playwright.sync_api import TimeoutError as TooLate

        try:
            self.page.locator(where, has_text=words).first.wait_for(state="visible")
        except TooLate:
            raise TooLate(f"“{words}” is not to be seen, but: {self.text}") from None

    @property
    def text(self) -> str:
        """All words of the page and its panel, in one line."""
        return _one_line(self.page.inner_text("body"))


_FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return ["", true];
  const label = e.getAttribute("aria-label") || (e.labels && e.labels.length ? e.labels[0].textContent : "") ||
    e.textContent || e.value || "";
  const style = getComputedStyle(e);
  return [label.trim().replace(/\\s+/g, " "), style.outlineStyle !== "none" || style.boxShadow !== "none"];
}"""


def _one_line(text: str) -> str:
    return " ".join(text.split())
