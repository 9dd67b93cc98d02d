"""The page /trust, what a handheld on plain HTTP is told, and cookies, proxies and HSTS of an installation over HTTPS."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from cryptography import x509
from flask.testing import FlaskClient
from PIL import Image

from config import Config
from tests.conftest import _application
from wms.certificates import store
from wms.certificates.authority import fingerprint
from wms.core.clock import now

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def make(config: Config, *hosts: str) -> x509.Certificate:
    return store.renew(config.data_dir / "certs", hosts, at=now()).authority.certificate


def client_of(config: Config, **settings: Any) -> Any:
    """A client of an installation with other settings."""
    return next(_application(dataclasses.replace(config, **settings))).test_client()


def test_without_an_authority_the_page_says_so_and_there_is_nothing_to_download(client: FlaskClient) -> None:
    page = client.get("/trust")
    assert page.status_code == 200 and "keeps no authority of its own" in page.text
    assert client.get("/trust/ca.crt").status_code == 404


def test_the_page_shows_download_fingerprint_and_every_kind_of_device_to_anybody(
    client: FlaskClient, config: Config
) -> None:
    authority = make(config, "wms.example")
    page = client.get("/trust", headers={"Host": "wms.example"})
    assert page.status_code == 200
    assert fingerprint(authority) in page.text.replace("<wbr>", "") and 'href="/trust/ca.crt"' in page.text
    for word in ("Android", "Zebra", "Honeywell", "iPhone", "Windows"):
        assert word in page.text


@pytest.mark.parametrize(
    ("agent", "opened"),
    [("Mozilla/5.0 (Linux; Android 13; TC52)", 2), ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)", 1), ("curl", 4)],
)
def test_a_device_finds_its_own_section_open(client: FlaskClient, config: Config, agent: str, opened: int) -> None:
    make(config, "wms.example")
    assert client.get("/trust", headers={"User-Agent": agent}).text.count("<details open>") == opened


def test_the_download_is_the_public_certificate_and_nothing_else_in_its_file(
    client: FlaskClient, config: Config
) -> None:
    authority = make(config, "wms.example")
    folder = config.data_dir / "certs"
    (folder / "ca.crt").write_bytes((folder / "ca.key").read_bytes() + (folder / "ca.crt").read_bytes())
    answer = client.get("/trust/ca.crt")
    assert answer.content_type == "application/x-x509-ca-cert"
    assert "Content-Disposition" not in answer.headers  # Safari would save it instead of offering to install it
    assert x509.load_pem_x509_certificates(answer.data) == [authority]
    assert b"PRIVATE" not in answer.data and b"PRIVATE" not in client.get("/trust").data


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("wms.example:8420", "http://wms.example:8420/trust"),
        ("127.0.0.1:8420", "http://wms.example:8420/trust"),  # this machine's own name means nothing to a handheld
        ("localhost", "http://wms.example:8420/trust"),
    ],
)
def test_the_qr_code_holds_an_address_that_another_device_can_open(
    client: FlaskClient, config: Config, host: str, address: str
) -> None:
    make(config, "wms.example", "10.0.0.9")
    page = client.get("/trust", headers={"Host": host}).text
    assert f">{address}</span>" in page
    assert _read_qr(page) == address


def _read_qr(page: str) -> str:
    side = int(re.search(r'viewBox="0 0 (\d+)', page)[1])  # type: ignore[index]
    picture = Image.new("L", (side, side), 255)
    for column, row, length in re.findall(r"M(\d+) (\d+)h(\d+)v1", page):
        for step in range(int(length)):
            picture.putpixel((int(column) + step, int(row)), 0)
    return zxingcpp.read_barcodes(picture.resize((side * 4, side * 4)))[0].text


# -- plain HTTP -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/m/login", "/m/scanner-test"])
@pytest.mark.parametrize(
    ("base", "is_told"),
    [
        ("http://192.168.1.20:8420", True), ("http://wms.example", True), ("https://wms.example", False),
        ("http://127.0.0.1:8420", False), ("http://localhost:8420", False), ("http://[::1]:8420", False),
    ],
)  # fmt: skip
def test_a_handheld_on_plain_http_is_told_what_will_not_work(
    client: FlaskClient, path: str, base: str, is_told: bool
) -> None:
    text = client.get(path, base_url=base).text
    notice = re.search(r'<aside id="plain-http"[^>]*>', text)
    assert notice and ("hidden" in notice[0]) != is_told
    assert 'href="/trust"' in text


# -- over HTTPS -------------------------------------------------------------------------------------------------------
def test_under_https_every_cookie_is_for_this_host_and_for_https_alone(config: Config) -> None:
    client = client_of(config, is_https=True)
    page = client.get("/login", base_url="https://wms.example")
    token = re.search(r'name="csrf_token" value="([^"]*)"', page.text)
    kept = page.headers.getlist("Set-Cookie")
    chosen = client.post(
        "/language", base_url="https://wms.example",
        data={"csrf_token": token[1], "language": "zh_Hans_CN", "next": "/login"},  # type: ignore[index]
    )  # fmt: skip
    assert chosen.status_code == 302
    kept += chosen.headers.getlist("Set-Cookie")
    assert {cookie.split("=")[0] for cookie in kept} == {"__Host-wms_session", "__Host-wms_language"}
    for cookie in kept:
        assert "Secure" in cookie and "HttpOnly" in cookie and "Path=/" in cookie and "Domain" not in cookie
    assert "登录" in client.get("/login", base_url="https://wms.example").text


def test_a_cookie_that_a_plain_page_could_have_set_is_not_read_under_https(config: Config) -> None:
    client = client_of(config, is_https=True)
    client.set_cookie("wms_language", "zh_Hans_CN", domain="wms.example")
    assert "登录" not in client.get("/login", base_url="https://wms.example").text


def test_browsers_are_told_to_insist_on_https_only_when_asked(config: Config) -> None:
    def told(base: str, **settings: Any) -> str | None:
        return client_of(config, **settings).get("/login", base_url=base).headers.get("Strict-Transport-Security")  # type: ignore[no-any-return]

    assert told("https://wms.example", is_https=True) is None
    assert told("https://wms.example", is_https=True, hsts_days=30) == "max-age=2592000"
    assert told("http://wms.example", is_https=True, hsts_days=30) is None


@pytest.mark.parametrize(("proxies", "sees_https"), [(0, False), (1, True), (2, False)])
def test_a_proxy_is_believed_only_when_the_settings_count_it(config: Config, proxies: int, sees_https: bool) -> None:
    client = client_of(config, proxies=proxies, is_https=True)
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.9.9.9", "X-Forwarded-Host": "evil.example"}
    text = client.get("/m/login", headers=said, base_url="http://wms.example").text
    assert ('id="plain-http" class="plain-http" hidden' in text) == sees_https
    page = client.get("/trust", headers=said, base_url="http://wms.example").text
    assert "evil.example" not in page  # Host comes from the browser, by a proxy that keeps it


def test_the_folder_of_keys_is_no_part_of_what_is_served(client: FlaskClient, config: Config) -> None:
    make(config, "wms.example")
    for path in ("/trust/ca.key", "/trust/server.key", "/trust/../certs/ca.key", "/static/../certs/ca.key"):
        assert client.get(path).status_code == 404
    assert Path(config.data_dir / "certs" / "ca.key").exists()
