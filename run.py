"""The entry: web, jobs, RFID gateway, emulator, all of them together, and every verb of the command line.

`python run.py` alone serves the pages; `python run.py --help` lists the verbs. Any WSGI server may serve `run:app`.
"""

import sys
from typing import Any

from config import Config


def make_app(config: Config | None = None) -> Any:
    """Build the application; imported here, so that verbs which need none start at once."""
    from wms.app import create_app

    return create_app(config)


def __getattr__(name: str) -> Any:
    """Give `app` to a WSGI server that asks for it."""
    if name == "app":
        from wms.cli.start import refuse_the_demo, refuse_unfit_database
        from wms.web import logs

        config = Config.from_env()
        logs.set_up(level=config.log_level, form=config.log_format)
        app = make_app(config)
        refuse_unfit_database(app)
        refuse_the_demo(app, config)
        return app
    raise AttributeError(name)


def _start() -> int:
    """Run the command line; a Python that has not what the product needs is told which one has it."""
    try:
        from wms.cli import main

        return main(make_app)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] in {"wms", "config"}:
            raise
        sys.stderr.write(
            f"This Python ({sys.executable}) has no {missing.name}, which the product needs. Use the Python of the "
            "project's own environment:\n  . .venv/bin/activate      once in each window; then the same command again\n"
            "No .venv there yet? `make install` builds it.\n"
        )
        return 2


if __name__ == "__main__":
    sys.exit(_start())
