"""Is this fit to be served to people at work? A demo, whose passwords are published, and a key that others know are not."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from config import Config
from wms.db import db

#: Words of keys that stand in examples.
_SAMPLE_WORDS: Final = (
    "change",
    "example",
    "sample",
    "secret",
    "password",
    "your-",
    "your_",
    "placeholder",
    "insecure",
)
_FEWEST_SIGNS: Final = 8


def is_demo_database() -> bool:
    """Say whether the database is marked as a demo, for good; a database without tables, or none at all, is not."""
    try:
        with db.engine.connect() as connection:
            return bool(connection.execute(text("SELECT is_demo FROM installation")).scalar())
    except SQLAlchemyError:
        return False
    finally:
        db.engine.dispose()  # a server that forks must not share the connection


def is_sample_key(key: str) -> bool:
    """Say whether a secret key is one that anybody could know: out of an example, or a short thing over and over.

    >>> is_sample_key("change-me-change-me-change-me-32"), is_sample_key("0123456789abcdef" * 2)
    (True, True)
    >>> is_sample_key("8f2a1c9be04d7756a3f0c41b9d2e68f7")
    False
    """
    folded = key.casefold()
    is_repeated = (folded + folded).find(folded, 1) < len(folded)
    is_run = len(set(folded)) < _FEWEST_SIGNS
    return is_repeated or is_run or any(word in folded for word in _SAMPLE_WORDS)


def why_not_serve(config: Config) -> str:
    """Give the sentence that refuses the start, blank when there is nothing against it. Stands in an app context."""
    if config.is_demo:
        return ""
    if is_sample_key(config.secret_key):
        return (
            "WMS_SECRET_KEY is a sample that others know: whoever knows it can log in as anybody. Take it away, and one is "
            "made and kept in the data folder; or set one of your own, such as the output of `openssl rand -hex 32`."
        )
    if is_demo_database():
        return (
            "This database holds the demo, whose passwords are published. Set WMS_IS_DEMO=1 to try it out, or throw it away "
            "with `run.py demo-drop` and set up your own site with `run.py init`."
        )
    return ""
