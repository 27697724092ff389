"""Layouts: how the workbooks of an office map onto the contract.

:mod:`vocabulary` holds headings and terms as offices write them, :mod:`column_matches` proposes a
field for each column, :mod:`layout` reads the files in which a person confirms a proposal, and
:mod:`plan` decides how a file is read.
"""
