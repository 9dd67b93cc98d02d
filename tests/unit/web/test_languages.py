"""Which of our languages a browser's language tags lead to."""

import pytest

from wms.web.i18n import first_match, match_tag


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh", "zh_Hans_CN"),
        ("zh-CN", "zh_Hans_CN"),
        ("zh-SG", "zh_Hans_CN"),
        ("zh-Hans", "zh_Hans_CN"),
        ("zh-Hans-HK", "zh_Hans_CN"),
        ("zh_Hans_CN", "zh_Hans_CN"),
        ("zh-TW", "zh_Hant_TW"),
        ("zh-HK", "zh_Hant_TW"),
        ("zh-MO", "zh_Hant_TW"),
        ("zh-Hant", "zh_Hant_TW"),
        ("zh-Hant-CN", "zh_Hant_TW"),
        ("en", "en"),
        ("en-GB", "en"),
        ("de-DE", None),
        ("", None),
        ("zhx", None),
    ],
)
def test_each_tag_leads_to_its_language(tag: str, language: str | None) -> None:
    assert match_tag(tag) == language


def test_the_first_language_we_have_wins() -> None:
    assert first_match(["fr-FR", "zh-TW", "en"]) == "zh_Hant_TW"
    assert first_match(["fr-FR"]) is None
