"""Does this dynamic mechanism really work?"""

__version__ = "0.1.0"
