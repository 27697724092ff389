"""The command line: entry point and commands that belong to no subject.

Heavy modules are imported when a command runs, so that ``--help`` is fast.
"""
