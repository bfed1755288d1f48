"""Ex-post participation (MPTZ EPIR): every path leaves at least 0 in total."""

from .base import Participation, Promise

ex_post = Participation("ex-post", Promise.PATH, summary="every path leaves at least 0 in total")
