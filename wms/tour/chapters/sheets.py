"""Spreadsheets: a messy Chinese one by run.py, the same again, and a hostile one."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

from wms.tour.report import Clock, ms, must, same
from wms.tour.tale import Tale

_SITE = "CNSZ1"
#: 1,200 is twelve hundred in this file, and not one and a fifth.
_ANSWER = ("--answer", "number_two_ways=yes")


def play(tale: Tale) -> None:
    """Opening stock as an old system printed it: titles, three ways to write a day, an item nobody knows, a sum."""
    file = tale.stage.folder / "期初库存.csv"
    file.write_bytes(_messy(tale).encode("gb18030"))
    _first(tale, file)
    _again(tale, file)
    _hostile(tale)


def _messy(tale: Tale) -> str:
    skus = [
        row[0]
        for row in tale.reads.rows(
            "SELECT sku FROM item WHERE item_class = 'food' AND storage_class = 'ambient' AND NOT is_inspected_at_receipt"
            " AND date_basis = 'expiry' AND lot_number_by = 'maker_lot' AND shelf_life_days > 400 ORDER BY sku LIMIT 3"
        )
    ]
    bins = [
        row[0]
        for row in tale.reads.rows(
            "SELECT b.code FROM bin b JOIN zone z ON z.id = b.zone_id WHERE b.warehouse_id = ? AND z.storage_class = 'ambient'"
            " AND b.kind = 'storage' AND NOT b.is_blocked AND b.takes_mixed_lots ORDER BY b.code LIMIT 3",
            tale.site,
        )
    ]
    day = tale.today + timedelta(days=380)
    rows = (
        ("深圳一号仓 期初库存表", "", "", "", "", ""),
        (f"打印日期 {tale.today:%Y年%m月%d日}", "", "", "", "", "制表人 徐慧"),
        ("", "", "", "", "", ""),
        ("序号", "料号", "批号", "有效期至", "货位", "数量（箱）"),
        ("1", skus[0], "0012", f"{day:%Y年%-m月%-d日}", bins[0], "12"),
        ("2", skus[1], "a/12", f"{day:%Y/%m/%d}", bins[1], "1,200"),
        ("3", f" {skus[2]} ", "A-20 B", f"{day:%Y%m%d}", bins[2], "8"),
        ("4", "NO-SUCH-77", "L1", f"{day:%Y-%m-%d}", bins[0], "5"),
        ("", "合计", "", "", "", "1,225"),
        ("注：以上数量经盘点确认", "", "", "", "", ""),
    )
    return "\r\n".join("\t".join(row) for row in rows) + "\r\n"


def _judge(tale: Tale, file: Path, *words: str) -> tuple[list[dict[str, str]], Clock]:
    """Run the import; its verdicts, a row each. It ends with 1, since one row is refused."""
    clock = Clock()
    said = tale.stage.printed("import", "lots", str(file), "--site", _SITE, "--json", *words, code=1)
    return [json.loads(line) for line in said.splitlines()], clock


def _first(tale: Tale, file: Path) -> None:
    rows, clock = _judge(tale, file, "--good-rows")
    same(
        [row["verdict"] for row in rows], ["accept", "ask", "accept", "refuse"], "the verdicts, sums and notes left out"
    )
    must("NO-SUCH-77" in rows[3]["reason"], f"the unknown item must be named: {rows[3]}")
    same(_cases(tale), {"0012": 12, "A-20 B": 8}, "cases of the accepted rows, by lot")
    tale.report.step(
        "run.py import lots --good-rows, a Chinese sheet in GBK: two rows in, one asks, one is refused", clock
    )
    for row in (rows[1], rows[3]):
        tale.report.said(f"row {row['row']}: {row['reason']}")


def _again(tale: Tale, file: Path) -> None:
    """Its question answered, the same file brings the one row; what is in already changes nothing."""
    before = tale.reads.ledger()
    rows, clock = _judge(tale, file, "--good-rows", *_ANSWER)
    same(_cases(tale), {"0012": 12, "a/12": 1200, "A-20 B": 8}, "cases of each lot, byte for byte")
    same(tale.reads.ledger()[0], before[0] + 1, "postings of the file that came again")
    tale.report.step("the same file again, its question answered: a/12 comes in, nothing else changes", clock)
    tale.report.said(f"row {rows[0]['row']}: {rows[0]['reason']}")


def _cases(tale: Tale) -> dict[str, float]:
    """What was imported in this chapter: cases by lot."""
    rows = tale.reads.rows(
        "SELECT lot.number, sum(b.on_hand) / u.factor AS cases FROM lot JOIN stock_balance b ON b.lot_id = lot.id"
        " JOIN pack_unit u ON u.item_id = lot.item_id AND u.code = 'case'"
        " WHERE lot.number IN ('0012', 'a/12', 'A-20 B') AND lot.captured_by = 'import' GROUP BY lot.id, u.factor"
    )
    return {row["number"]: row["cases"] for row in rows}


def _hostile(tale: Tale) -> None:
    """A workbook of some kilobytes that would unpack to half a gigabyte."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(64):
                sheet.write(b"<row/>" * 1_400_000)
    file = tale.stage.folder / "prices.xlsx"
    file.write_bytes(content.getvalue())
    before = tale.reads.ledger()
    clock = Clock()
    sentence = tale.stage.refused("import", "lots", str(file), "--site", _SITE, code=1)
    must(clock.seconds < 60, f"a hostile file must be refused in seconds, it took {clock}")
    tale.is_unchanged(before, "a hostile file")
    tale.report.step(
        f"refused unread: a workbook of {len(content.getvalue()) // 1000} kB that unpacks to 540 MB", ms(clock.seconds)
    )
    tale.report.said(sentence)
