"""The number of the contract between gateway and server; in a file of its own, since both sides read it and share no more."""

from typing import Final

#: Raised when a batch gains a field or a kind of item. A server refuses what it does not know, so a gateway that is newer
#: than its server keeps its items until the server has caught up. A server takes every lower number.
CONTRACT: Final = 1
