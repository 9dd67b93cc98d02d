"""Gunicorn for several worker processes: `gunicorn -c deploy/gunicorn.conf.py` from the folder of the product.

Everything comes from the WMS_* settings (docs/settings.md): address, TLS, log. WEB_CONCURRENCY sets the number of workers;
by default one a core and at most four on PostgreSQL, and one on SQLite. What is written below the last line goes first.
"""

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent.parent)
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from config import BadConfig, Config  # noqa: E402
from wms.cli.serving import gunicorn_settings  # noqa: E402

wsgi_app = "run:app"
try:
    globals().update(gunicorn_settings(Config.from_env()))
except BadConfig as wrong:
    sys.exit(f"The settings cannot be used: {wrong}")
