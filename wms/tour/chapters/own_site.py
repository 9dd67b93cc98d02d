"""A site of one's own from an empty folder: set up, labels printed, served over HTTPS by an authority of its own."""

from __future__ import annotations

import re
import secrets

import requests

from wms.tour.people import Desk
from wms.tour.processes import Stage
from wms.tour.reads import Reads
from wms.tour.report import Clock, fail, ms, must, same
from wms.tour.tale import Tale

_INIT = (
    "init", "--no-input", "--password-stdin", "--company", "Acme Foods", "--admin", "boss", "--admin-name", "Li Na",
    "--warehouse", "SH1", "--name", "Shanghai DC", "--time-zone", "Asia/Shanghai", "--docks", "2",
    "--zone", "AMB:ambient:Ambient:常温区", "--zone", "COLD:cold:Cold:冷藏区",
    "--racks", "AMB:A-D:6x3x2", "--racks", "COLD:E:4x3x2",
)  # fmt: skip


def play(tale: Tale) -> None:
    """On a stage of its own, beside the demo."""
    stage = tale.own = Stage(is_demo=False)
    password = secrets.token_urlsafe(15)
    clock = Clock()
    sentence = stage.refused("web", code=1)
    tale.report.step("refused: run.py web in an empty folder", clock)
    tale.report.said(sentence)
    _init(tale, stage, password)
    _serve(tale, stage, password)


def _init(tale: Tale, stage: Stage, password: str) -> None:
    labels = stage.folder / "bins.pdf"
    clock = Clock()
    said = stage.run(*_INIT, "--labels", str(labels), typed=password + "\n")
    reads = Reads(stage.database)
    bins = reads.value("SELECT count(*) FROM bin")
    inside = reads.value("SELECT count(*) FROM bin WHERE zone_id IS NOT NULL")
    reads.close()
    must(f"2 zones, {bins} bins" in said, said)
    sheets = len(re.findall(rb"/Type\s*/Page\b", labels.read_bytes()))
    must(inside >= 168 and sheets >= inside // 10, f"{inside} bins with a zone on {sheets} sheets")
    tale.report.step(
        f"run.py init: administrator, warehouse SH1, 2 zones, {bins} bins, their labels on {sheets} sheets", clock
    )


def _serve(tale: Tale, stage: Stage, password: str) -> None:
    clock = Clock()
    said = stage.run("cert", "--host", "localhost", "--host", "127.0.0.1")
    found = re.search(r"SHA-256 ([0-9A-F:]{95})", said)
    fingerprint = found[1] if found else fail(said)
    certificates = stage.folder / "certs"
    stage.set(WMS_TLS_CERT=str(certificates / "server.crt"), WMS_TLS_KEY=str(certificates / "server.key"))
    tale.report.step("run.py cert: an authority of the site's own and the server's certificate", clock)
    stage.url, stage.authority = f"https://127.0.0.1:{stage.port}", str(certificates / "ca.crt")
    clock = Clock()
    stage.start("web")
    stage.wait_for_web()
    ready = requests.get(f"{stage.url}/readyz", verify=stage.authority, timeout=60)
    same(ready.status_code, 200, "/readyz over HTTPS")
    tale.report.step("run.py web serves HTTPS; the certificate is verified against that authority", clock)
    try:
        requests.get(f"{stage.url}/readyz", timeout=60)
        fail("a device that does not trust the authority must refuse the server")
    except requests.exceptions.SSLError:
        pass
    trust = requests.get(f"{stage.url}/trust", verify=stage.authority, timeout=60)
    must(
        fingerprint in re.sub(r"<wbr>|\s", "", trust.text), "/trust must show the fingerprint that run.py cert printed"
    )
    given = requests.get(f"{stage.url}/trust/ca.crt", verify=stage.authority, timeout=60)
    same(given.content.strip(), (certificates / "ca.crt").read_bytes().strip(), "the authority that /trust gives")
    tale.report.step(
        "who does not trust it refuses the server; /trust tells how, with the printed fingerprint",
        ms(trust.elapsed.total_seconds()),
    )
    boss = Desk(stage.url, authority=stage.authority)
    boss.log_in("boss", password)
    must(
        all(cookie.secure and cookie.name.startswith("__Host-") for cookie in boss.session.cookies),
        f"every cookie must be for this host over HTTPS only: {[cookie.name for cookie in boss.session.cookies]}",
    )
    boss.open("/setup/bins")
    must("A-01-1-1" in boss.at.page.text, "the administrator must see the bins")
    tale.report.step("the administrator logs in over HTTPS and sees the bins", ms(boss.at.seconds))
    same(stage.stop("web"), {"web": 0}, "the exit code of the web process")
    stage.close()
