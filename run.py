"""The entry: web, jobs, RFID gateway, emulator, all of them together, and every verb of the command line.

`python run.py` alone serves the pages; `python run.py --help` lists the verbs. Any WSGI server may serve `run:app`.
"""

import sys
from typing import Any

from config import Config
from wms.cli import main


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


if __name__ == "__main__":
    sys.exit(main(make_app))
