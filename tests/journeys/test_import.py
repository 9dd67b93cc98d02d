"""A sheet as plants keep it, brought in on the page: titles, sums, two sheets, a word nobody knows, a number that was a code.

The supervisor of a small warehouse looks what was understood, answers, takes the good rows in; the same file again changes
nothing.
"""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.fakes.sheets import xlsx
from tests.journeys.facts import stands
from tests.journeys.people import Desk
from wms.db import db

pytestmark = pytest.mark.browser

PASSWORD = "correct horse 1"
FILE = "期初库存 11月.xlsx"


@pytest.fixture
def sheet(live_app: Flask, tmp_path: Path) -> Path:
    """The stock of a small plant on paper: two kinds of tea are known here, a third is not."""
    with live_app.app_context():
        site = given.warehouse("SZ1")
        given.item("LJ-01", name_zh="龙井")
        given.item("TGY-02", name_zh="铁观音")
        given.user("susan", "supervisor", site=site)
        db.session.rollback()
    content = xlsx(
        ["深圳某某茶业有限公司"],
        ["期初库存表（2026年11月）"],
        [],
        ["料号", "品名", "批号", "有效期至", "入库日期", "货位号码", "数量", "备注"],
        ["LJ-01", "龙井", "0012", "2027-06", date(2026, 3, 1), "A-01", "2 箱", "春茶"],
        ["LJ-01", "龙井", "a/12", "2027年8月31日", "2026.03.05", "A-02", 30, None],
        ["TGY-02", "铁观音", 12, "2027-10-15", "2026-05-02", "A-02", 18, None],
        ["BC-09", "白茶", "B-7", "2028-01", None, "A-03", 5, "样品"],
        ["合计", None, None, None, None, None, "=SUM(G5:G8)", None],
        ["制表人：王五", None, None, None, None, None, None, None],
        title="库存", before=["填表说明"],
    )  # fmt: skip
    path = tmp_path / FILE
    path.write_bytes(content)
    return path


def test_a_messy_chinese_sheet_becomes_stock_once(page: Any, live_server: Any, live_app: Flask, sheet: Path) -> None:
    desk = Desk(page, live_server.url)
    desk.log_in("susan", PASSWORD)
    send(desk, sheet)
    say_what_a_column_means(desk)
    read_the_verdicts(desk)
    answer(desk)
    assert stands(live_app) == {}, "looking and answering changes nothing"
    take_the_good_rows(desk, live_app)
    send_it_again(desk, sheet, live_app)
    assert not desk.complaints.take()


def send(desk: Desk, sheet: Path) -> None:
    """She chooses what the file holds, and the file."""
    desk.page.goto(f"{desk.url}/setup/import")
    desk.tab_to("What it holds *")
    desk.page.keyboard.type("Lots")
    desk.page.set_input_files("#f-file", str(sheet))
    desk.press("Read the file")
    desk.sees(FILE, where="h1")


def say_what_a_column_means(desk: Desk) -> None:
    """The title is not taken for the heading, the second sheet is left out; one column has a word nobody uses, and she says it."""
    desk.sees("Heading in row")
    desk.sees("填表说明")
    assert chosen(desk) == ["sku", "item_name", "lot", "expires_on", "received_on", "", "quantity", ""], desk.text
    desk.tab_to("Column 货位号码")
    desk.page.keyboard.type("Bin")
    desk.press("Judge the rows")
    desk.sees("Verdicts")


def chosen(desk: Desk) -> list[str]:
    """What the columns mean, as the page has it."""
    return list(desk.page.eval_on_selector_all("[name=column]", "all => all.map(one => one.value)"))


def read_the_verdicts(desk: Desk) -> None:
    """The sums and who made the list are no data; each row has its verdict, and the reason in a sentence."""
    desk.press("Rows that are no data: 2")
    desk.sees("合计")
    desk.sees("Item “BC-09” 白茶 is not known.", where="table")
    assert verdicts(desk) == {"5": "accepted", "6": "accepted", "7": "question", "8": "refused"}


def verdicts(desk: Desk) -> dict[str, str]:
    """The verdicts on the page, by row."""
    rows = desk.page.locator("table", has=desk.page.locator("th:text-is('Outcome')")).locator("tbody tr")
    cells = rows.evaluate_all("all => all.map(row => [row.cells[0].innerText, row.cells[1].innerText])")
    return {number.strip(): verdict.split()[-1] for number, verdict in cells}


def answer(desk: Desk) -> None:
    """A spreadsheet made a number of lot 12: she says that it is 12 indeed, and that it is not 0012."""
    desk.sees("leading zeros may be lost. Is it “12”?")
    desk.press("Yes")
    desk.sees("Answered for all:")
    assert verdicts(desk) == {"5": "accepted", "6": "accepted", "7": "accepted", "8": "refused"}


def take_the_good_rows(desk: Desk, app: Flask) -> None:
    """Not all or none, since one is refused: the accepted rows alone, in base units."""
    assert desk.page.is_disabled("button:has-text('Apply all rows, or none')")
    desk.press("Apply the accepted rows alone")
    desk.sees("Rows that are in: 3.")
    assert stands(app) == {("0012", "A-01"): "24", ("a/12", "A-02"): "30", ("12", "A-02"): "18"}
    desk.press("Stock")
    desk.sees("Stock", where="h1")
    desk.sees("a/12", where="table")


def send_it_again(desk: Desk, sheet: Path, app: Flask) -> None:
    """The columns are remembered; what is known stays as it is, and what was refused still is."""
    send(desk, sheet)
    desk.sees("Remembered from the last file with this heading.")
    assert chosen(desk)[5] == "bin"
    desk.press("Judge the rows")
    desk.sees("Verdicts")
    desk.press("Yes")
    desk.sees("Answered for all:")
    desk.sees("Known as it is: nothing changes.", where="table")
    desk.press("Apply the accepted rows alone")
    desk.sees("Rows that are in:", where=".alert-success")
    assert stands(app) == {("0012", "A-01"): "24", ("a/12", "A-02"): "30", ("12", "A-02"): "18"}
