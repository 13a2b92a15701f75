"""Reads the scans of the 双报到 forms into workbooks and a feedback ledger: the command."""

import sys

from pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main())
