"""What may go wrong in an office, brought about on purpose: kills, bad files, full disks, many files.

Each script runs by itself (``python -m tests.faults.kill9``), prints what it counted and exits with 1 where
anything was lost or wrong. They need the signals and forks of POSIX. ``test_faults.py`` runs them all in a
short form, ``make faults`` in full.
"""
