"""The command line: ``dynamech list | show | design | ladder | verify | export``."""

from .main import main

__all__ = ["main"]
