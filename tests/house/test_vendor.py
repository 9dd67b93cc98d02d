"""The front-end files are the very ones their manifests name, and the scanner works under our content policy."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import zxingcpp

from wms.web.setup import CSP

ROOT = Path(__file__).resolve().parents[2]
SERVED = ROOT / "wms" / "static" / "vendor"
FOLDERS = (SERVED, ROOT / "tests" / "vendor")
SCAN = """
const say = text => { document.title = text; };
BarcodeDetectionAPI.prepareZXingModule({ overrides: { locateFile: name => "/" + name } });
const image = document.querySelector("img");
new Promise(loaded => image.complete ? loaded() : image.addEventListener("load", loaded))
  .then(() => new BarcodeDetectionAPI.BarcodeDetector({ formats: ["data_matrix"] }).detect(image))
  .then(found => say(JSON.stringify(found.map(one => one.rawValue))))
  .catch(failed => say("failed: " + failed));
"""


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_vendored_file_is_the_one_its_manifest_names(folder: Path) -> None:
    named = {row["file"]: row["sha256"] for row in json.loads((folder / "manifest.json").read_text())}
    there = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.name != "manifest.json"}
    assert there == named


def test_manifests_and_the_lock_file_name_the_same_versions() -> None:
    locked = json.loads((ROOT / "scripts" / "vendor" / "package-lock.json").read_text())["packages"]
    for folder in FOLDERS:
        for row in json.loads((folder / "manifest.json").read_text()):
            assert locked[f"node_modules/{row['package']}"]["version"] == row["version"], row["file"]


class _Shop(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CSP)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[str]:
    for name in ("barcode-detector.js", "zxing_reader.wasm"):
        (tmp_path / name).write_bytes((SERVED / name).read_bytes())
    (tmp_path / "scan.js").write_text(SCAN)
    (tmp_path / "index.html").write_text(
        '<!doctype html><img src="code.svg" width="300" height="300">'
        '<script src="barcode-detector.js"></script><script src="scan.js"></script>'
    )
    code = zxingcpp.create_barcode("(01)09506000134352(17)270131(10)LOT7", zxingcpp.BarcodeFormat.DataMatrix, gs1=True)
    (tmp_path / "code.svg").write_text(code.to_svg(scale=8, add_quiet_zones=True))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Shop, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
def test_the_vendored_scanner_reads_a_gs1_datamatrix_under_the_content_policy(page: Any, shop: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(shop)
    page.wait_for_function("document.title !== ''")
    assert page.title() == '["01095060001343521727013110LOT7"]'
    assert all(url.startswith(shop) or url.startswith("data:") for url in asked), asked
