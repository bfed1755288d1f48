"""The command line ``dynamech``; its commands are registered in ``main``."""

from .main import main

__all__ = ["main"]
