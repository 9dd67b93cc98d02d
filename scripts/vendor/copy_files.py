"""Copy the front-end files out of node_modules into wms/static/vendor and tests/vendor, each folder with its manifest.

Run by `make vendor` after `npm ci`. The copies are committed: whoever installs the product needs no Node.
The scanner's wasm must be the very one its package was built against (a newer one fails with a memory error), so it is
taken from the zxing-wasm that the lock file pins for barcode-detector.
"""

import hashlib
import json
import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SERVED = ROOT / "wms" / "static" / "vendor"
TESTS = ROOT / "tests" / "vendor"

#: (folder, name of the copy, package, file in the package)
FILES = (
    (SERVED, "bootstrap.min.css", "bootstrap", "dist/css/bootstrap.min.css"),
    (SERVED, "bootstrap.bundle.min.js", "bootstrap", "dist/js/bootstrap.bundle.min.js"),
    (SERVED, "bootstrap.LICENSE", "bootstrap", "LICENSE"),
    (SERVED, "popper.LICENSE", "@popperjs/core", "LICENSE.md"),  # part of the bundle
    (SERVED, "htmx.min.js", "htmx.org", "dist/htmx.min.js"),
    (SERVED, "htmx.LICENSE", "htmx.org", "LICENSE"),
    (SERVED, "barcode-detector.js", "barcode-detector", "dist/iife/ponyfill.js"),
    (SERVED, "barcode-detector.LICENSE", "barcode-detector", "LICENSE"),
    (SERVED, "zxing_reader.wasm", "zxing-wasm", "dist/reader/zxing_reader.wasm"),
    (SERVED, "zxing-wasm.LICENSE", "zxing-wasm", "LICENSE"),
    (SERVED, "swagger-ui-bundle.js", "swagger-ui-dist", "swagger-ui-bundle.js"),
    (SERVED, "swagger-ui.css", "swagger-ui-dist", "swagger-ui.css"),
    (SERVED, "swagger-ui.LICENSE", "swagger-ui-dist", "LICENSE"),
    (SERVED, "swagger-ui.NOTICE", "swagger-ui-dist", "NOTICE"),
    (SERVED, "swagger-ui-parts.LICENSE", "swagger-ui-dist", "swagger-ui-bundle.js.LICENSE.txt"),
    (TESTS, "axe.min.js", "axe-core", "axe.min.js"),
    (TESTS, "axe-core.LICENSE", "axe-core", "LICENSE"),
)


def copy() -> None:
    """Copy every file and write manifest.json beside the copies: file, package, version, licence, sha256."""
    manifests: dict[Path, list[dict[str, str]]] = {}
    for folder, name, package, source in FILES:
        about = json.loads((HERE / "node_modules" / package / "package.json").read_text(encoding="utf-8"))
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / name
        shutil.copyfile(HERE / "node_modules" / package / source, target)
        manifests.setdefault(folder, []).append(
            {
                "file": name,
                "package": package,
                "version": about["version"],
                "licence": about["license"],
                "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
            }
        )
    for folder, rows in manifests.items():
        (folder / "manifest.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    copy()
