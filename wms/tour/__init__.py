"""The tour: the whole story of the product, played without a person on a temporary database with its real processes.

Nouns: a stage (processes.py), people at desks and handhelds (people.py), a dock (dock.py), chapters, a report. Verb:
main. People go by HTTP and its real forms, tags by LLRP; what they did is read back by a connection of the tour's own
that cannot write. The first thing that is not as it must be ends the tour with a line and a non-zero code.
"""

from typing import Any


def main(make_app: Any, *arguments: str) -> int:
    """Play every chapter in order; 0 when all of it was right. `keep` among the arguments keeps the temporary folder."""
    from wms.tour.story import play

    return play(make_app, is_kept="keep" in arguments)
