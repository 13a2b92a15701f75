"""The command line, in Chinese, for the staff who run the batch and those who look after it."""

from pipeline.cli.main import main

__all__ = ["main"]
