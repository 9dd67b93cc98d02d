"""What a real browser makes of plain HTTP."""

from typing import Any

from tests import processes


def test_in_the_browser_its_own_judgement_has_the_last_word(handheld: Any, live_server: processes.LiveServer) -> None:
    def through_a_plain_proxy(route: Any) -> None:
        path = route.request.url.removeprefix("http://wms.example")
        route.fulfill(response=route.fetch(url=live_server.url + path))

    handheld.route("http://wms.example/**", through_a_plain_proxy)
    handheld.goto(live_server.url + "/m/login")
    assert handheld.locator("#plain-http").is_hidden()
    handheld.goto("http://wms.example/m/login")  # the server believes it is asked from its own machine
    handheld.locator("#plain-http").wait_for(state="visible")
    assert handheld.evaluate("window.isSecureContext") is False
    handheld.get_by_role("link", name="How to mend it").click()
    handheld.wait_for_url("**/trust")
