"""Labels read back as what they say, in every form, and data never becomes a command."""

import io
import re
from datetime import date
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from wms.core.errors import BadCode, BadScan
from wms.gs1.codes import BinCode, LotNumber, LpnCode, Sku
from wms.gs1.epc import decode, encode_sscc96
from wms.gs1.gtin import Gtin
from wms.gs1.scan import BinScan, LotScan, read
from wms.gs1.sscc import Sscc
from wms.labels.content import BinLabel, LotLabel, LpnLabel, gs1_pairs
from wms.labels.render import to_pdf, to_png, to_svg
from wms.labels.symbols import data_matrix
from wms.labels.zpl import escape_field, to_zpl

ATTACK = "^XZ^XA~JR"
SSCC = Sscc.make("9521141", 0, 42)
GTIN = Gtin.parse("9506000134352")
EXPIRY = date(2027, 1, 31)

LOT = LotLabel(("冷冻鸡胸肉 揀貨", "Chicken <breast>"), Sku("CH-001"), LotNumber("a/12(b)_"), GTIN, EXPIRY, "12 箱")
ODD_LOT = LotLabel((ATTACK,), Sku("料/1"), LotNumber(f"批号 0012 {ATTACK}"), GTIN, EXPIRY)
BIN = BinLabel(BinCode("A-01-02-03"), "冷库")
PALLET = LpnLabel(SSCC, ("CH-001 × 48",), encode_sscc96(SSCC, company_prefix_length=7, filter_value=6))
TOTE = LpnLabel(LpnCode("T-0007"))
ALL = {"lot": LOT, "odd lot": ODD_LOT, "bin": BIN, "pallet": PALLET, "tote": TOTE}
SYMBOLS = {
    "lot": {"QRCode", "DataMatrix"}, "odd lot": {"QRCode"}, "bin": {"QRCode"}, "pallet": {"QRCode", "Code128"},
    "tote": {"QRCode"},
}  # fmt: skip


def says(scan) -> object:
    """What a scan of a label says, to be compared with the label."""
    if isinstance(scan, LotScan):
        return scan.lot, scan.expires_on, scan.gtin or scan.sku
    return scan.code if isinstance(scan, BinScan) else scan.lpn


def said_by(label) -> object:
    if isinstance(label, LotLabel):
        return label.lot, label.expires_on, GTIN if gs1_pairs(label) else label.sku
    return label.code if isinstance(label, BinLabel) else str(label.lpn)


def symbols_in(picture: Image.Image) -> list[zxingcpp.Barcode]:
    return zxingcpp.read_barcodes(picture, text_mode=zxingcpp.TextMode.Plain)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dots_per_mm", [8, 12])
def test_every_symbol_on_a_printed_label_says_what_the_label_says(name, dots_per_mm):
    found = symbols_in(Image.open(io.BytesIO(to_png(ALL[name], dots_per_mm=dots_per_mm))))
    assert {str(symbol.format).replace(" ", "") for symbol in found} == SYMBOLS[name]
    for symbol in found:
        assert says(read(symbol.symbology_identifier + symbol.text)) == said_by(ALL[name])
        assert says(read(symbol.text)) == said_by(ALL[name]), "also through a scanner that sends no symbology"


@pytest.mark.parametrize("name", ALL)
def test_the_svg_draws_the_same_symbols(name):
    """Draw the paths of the SVG by its own numbers, and read them."""
    tree = ElementTree.fromstring(to_svg(ALL[name]))
    picture = Image.new("L", (2000, 1000), 255)
    pen = ImageDraw.Draw(picture)
    for path in tree.iter("{http://www.w3.org/2000/svg}path"):
        x, y, wide, high = map(float, re.findall(r"-?[\d.]+", path.get("transform", "")))
        for column, row, length in re.findall(r"M(\d+) (\d+)h(\d+)", path.get("d", "")):
            left, top = x + int(column) * wide, y + int(row) * high
            box = (left * 20, top * 20, (left + int(length) * wide) * 20 - 1, (top + high) * 20 - 1)
            pen.rectangle([round(edge) for edge in box], fill=0)
    found = symbols_in(picture)
    assert len(found) == len(SYMBOLS[name])
    assert all(says(read(symbol.text)) == said_by(ALL[name]) for symbol in found)
    assert "style=" not in to_svg(ALL[name]) and "<script" not in to_svg(ALL[name])


def test_a_lot_that_ai_10_cannot_say_is_printed_by_our_own_form_unchanged():
    assert gs1_pairs(ODD_LOT) is None
    assert gs1_pairs(LotLabel((), Sku("A"), LotNumber("x" * 21), GTIN)) is None
    assert gs1_pairs(LotLabel((), Sku("A"), LotNumber("x" * 20), GTIN)) == [("01", GTIN.value), ("10", "x" * 20)]


def test_the_sheet_is_a_pdf_with_ten_labels_a_page_and_both_fonts():
    sheet = to_pdf([*ALL.values()] * 3)
    assert sheet.startswith(b"%PDF-") and len(re.findall(rb"/Type /Page\b", sheet)) == 2
    assert len(set(re.findall(rb"/BaseFont /(\S+)", sheet))) >= 2
    with pytest.raises(ValueError):
        to_pdf([TOTE] * 2001)


def commands(zpl: str) -> list[str]:
    """Split a job as a printer does: at every ^ or ~."""
    return re.findall(r"[\^~][^\^~]*", zpl)


@pytest.mark.parametrize("label", ALL.values(), ids=ALL)
def test_data_cannot_break_out_of_a_zpl_field(label):
    job = to_zpl(label)
    names = [command[1:3] for command in commands(job)]
    assert names.count("XA") == names.count("XZ") == 1 and names[0] == "XA" and names[-1] == "XZ"
    assert "~" not in job and "JR" not in names
    assert names.index("CI") == 1


def unescape(data: str) -> str:
    raw = re.sub(rb"\\([0-9A-F]{2})", lambda hit: bytes([int(hit[1], 16)]), data.encode())
    return raw.decode()


@pytest.mark.parametrize("text", [ATTACK, "批号 a\\b", "_1>8", "é"])
def test_an_escaped_field_comes_back_whole(text):
    assert unescape(escape_field(text)) == text
    assert not set(escape_field(text)) & set("^~_>")


def test_the_printer_gets_the_same_code_data_as_the_picture():
    fields = [unescape(data) for data in re.findall(r"\^FD(.*?)\^FS", to_zpl(LOT))]
    assert says(read(next(data for data in fields if data.startswith("MA,"))[3:])) == said_by(LOT)
    matrix = next(data for data in fields if data.startswith("_1"))[2:].replace("__", "_")
    assert says(read("]d2" + matrix)) == said_by(LOT)


def test_a_pallet_label_writes_its_tag_and_a_wrong_tag_code_is_refused():
    written = re.search(r"\^RFW,H,2,12,1\^FD([0-9A-F]+)\^FS", to_zpl(PALLET))
    assert written and decode(written[1]).sscc == SSCC
    with pytest.raises(BadCode):
        to_zpl(LpnLabel(SSCC, (), "^XZ"))
    with pytest.raises(BadCode):
        to_zpl(TOTE, copies=0)


def test_a_symbol_that_the_standard_refuses_is_refused_by_us():
    with pytest.raises(BadScan):
        data_matrix([("01", "09506000134353")])
