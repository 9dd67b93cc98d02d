"""How the web process listens: what it refuses to begin with, and whom it shows the way."""

from pathlib import Path

import pytest

from config import BadConfig, Config
from wms.cli import serving


@pytest.mark.parametrize(
    ("request_bytes", "status", "location"),
    [
        (b"GET /trust?a=1 HTTP/1.1\r\nHost: wms.example:8420\r\n\r\n", b"302", b"https://wms.example:8420/trust?a=1"),
        (b"GET / HTTP/1.0\r\nUser-Agent: x\r\nhost:  [fd00::1]:8420 \r\n\r\n", b"302", b"https://[fd00::1]:8420/"),
        (b"GET //evil.example HTTP/1.1\r\nHost: wms\r\n\r\n", b"302", b"https://wms//evil.example"),
        (b"POST / HTTP/1.1\r\nHost: wms\r\n\r\n", b"400", b""),
        (b"GET / HTTP/1.1\r\n\r\n", b"400", b""),
        (b"GET / HTTP/1.1\r\nHost: wms/evil\r\n\r\n", b"400", b""),
        (b"GET http://evil/ HTTP/1.1\r\nHost: wms\r\n\r\n", b"400", b""),
        (b"\x00\x01\x02", b"400", b""),
    ],
)
def test_plain_http_on_the_port_of_https_is_shown_the_way(request_bytes: bytes, status: bytes, location: bytes) -> None:
    head = serving.point_to_https(request_bytes).split(b"\r\n")
    assert head[0].split()[1] == status
    assert [line for line in head if line.startswith(b"Location:")] == ([b"Location: " + location] if location else [])


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"WMS_TLS_CERT": "a"}, "both or none"),
        ({"WMS_TLS_KEY": "a"}, "both or none"),
        ({"WMS_PROXIES": "10"}, "WMS_PROXIES"),
        ({"WMS_HSTS_DAYS": "30"}, "WMS_HSTS_DAYS"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(env: dict[str, str], said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        Config.from_env(env | {"WMS_SECRET_KEY": "x" * 32})


def test_a_certificate_implies_https_and_is_judged_before_serving() -> None:
    config = Config.from_env({"WMS_TLS_CERT": "/none", "WMS_TLS_KEY": "/none", "WMS_SECRET_KEY": "x" * 32})
    assert config.is_https
    with pytest.raises(BadConfig, match="WMS_TLS_CERT: /none cannot be read"):
        serving.check_certificate(config)
    assert serving.check_certificate(Config()) == ""


def test_one_process_writes_sqlite_and_several_serve_postgresql(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    assert serving.gunicorn_settings(Config())["workers"] == 1
    server = Config(database_url="postgresql://x/y", host="::")
    assert serving.gunicorn_settings(server)["workers"] == 4
    assert serving.gunicorn_settings(server)["bind"] == ["[::]:8420"]
    monkeypatch.setenv("WEB_CONCURRENCY", "7")
    assert serving.gunicorn_settings(server)["workers"] == 7
