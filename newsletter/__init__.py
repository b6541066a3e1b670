"""Turns a week of trade news into an e-mail issue and sends it, once to each person."""

__version__ = "0.1.0"
