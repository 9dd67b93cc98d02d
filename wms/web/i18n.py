"""The reader's language: English, Simplified Chinese, Traditional Chinese; chosen by link, person, cookie, then browser.

Browsers say zh-CN or zh-TW, which match neither zh_Hans_CN nor zh_Hant_TW in Werkzeug or Babel; hence a map of our own.
"""

from collections.abc import Iterable
from typing import Any, Final

from babel import Locale
from flask import Flask, has_request_context, request, session
from flask_babel import Babel, get_locale

from wms.web import auth, catalogues, cookies

ENGLISH: Final = "en"
SIMPLIFIED: Final = "zh_Hans_CN"
TRADITIONAL: Final = "zh_Hant_TW"
#: Every language, with its own name for itself.
LANGUAGES: Final = {ENGLISH: "English", SIMPLIFIED: "简体中文", TRADITIONAL: "繁體中文"}
COOKIE: Final = "wms_language"

_TRADITIONAL_PLACES: Final = {"tw", "hk", "mo"}


def init_app(app: Flask) -> None:
    """Tie Flask-Babel to the app, on catalogues that are compiled."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", ENGLISH)
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", "translations")
    for fault in catalogues.compile_stale():
        app.logger.warning("translations: %s", fault)
    Babel(app, locale_selector=choose_language, timezone_selector=_choose_timezone)


def match_tag(tag: str) -> str | None:
    """Map one language tag (zh-CN, zh-Hant-HK, zh, en-GB, zh_Hans_CN …) to a language of ours, None when we have none."""
    parts = tag.strip().lower().replace("_", "-").split("-")
    if parts[0] == "en":
        return ENGLISH
    if parts[0] != "zh":
        return None
    if "hant" in parts[1:]:
        return TRADITIONAL
    if "hans" in parts[1:]:
        return SIMPLIFIED
    return TRADITIONAL if _TRADITIONAL_PLACES & set(parts[1:]) else SIMPLIFIED


def first_match(tags: Iterable[str]) -> str | None:
    """Map the first tag we have a language for; the tags stand in the reader's order of liking."""
    return next((found for tag in tags if (found := match_tag(tag))), None)


def choose_language() -> str:
    """Say the language of this request: ?lang= in the link, then the person, then the cookie, then the browser."""
    if not has_request_context():
        return ENGLISH
    asked = first_match([request.args.get("lang", "")])
    if asked:
        return asked
    person = auth.current_person()
    if person is not None and person.language in LANGUAGES:
        return person.language
    if person is None and session.get("_user_id") and session.get("language") in LANGUAGES:
        return str(session["language"])  # signed in, but the database that knows the person is away
    kept = first_match([cookies.read(COOKIE)])
    return kept or first_match(request.accept_languages.values()) or ENGLISH


def local_name(record: Any) -> str:
    """Give the name of a record that has `name_en` and `name_zh`, in the reader's language when it is there."""
    chinese = record.name_zh if str(get_locale() or ENGLISH).startswith("zh") else ""
    return str(chinese or record.name_en)


def with_chinese(said: str, chinese: str) -> str:
    """Put the Chinese behind a paper's title, for those beside the reader; a reader of Chinese has it in `said` already."""
    return said if str(get_locale() or ENGLISH).startswith("zh") else f"{said} {chinese}"


def html_language() -> str:
    """Say the language for the lang attribute: en, zh-Hans-CN, zh-Hant-TW."""
    return str(get_locale() or Locale(ENGLISH)).replace("_", "-")


def _choose_timezone() -> str | None:
    if not has_request_context() or auth.current_person() is None:
        return None
    sites = auth.permitted_sites()
    return auth.current_site().timezone if sites else None
