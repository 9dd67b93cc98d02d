"""What the demo trades in holds true codes and names in both languages."""

from wms.demo.goods import goods
from wms.gs1.gtin import Gtin


def test_there_are_about_three_hundred_items_with_three_valid_gtins_each() -> None:
    made = list(goods())
    codes = [Gtin.parse(code).value for good in made for code in (good.each, good.case, good.pallet)]
    assert 270 <= len(made) <= 330
    assert len(set(codes)) == 3 * len(made)
    assert len({good.sku for good in made}) == len(made)
    assert {good.family.kind for good in made} == {"food", "drug", "device", "electronics"}


def test_every_item_has_a_name_in_both_languages() -> None:
    for good in goods():
        assert good.family.name_en.isascii()
        assert any("\u4e00" <= sign <= "\u9fff" for sign in good.family.name_zh)
