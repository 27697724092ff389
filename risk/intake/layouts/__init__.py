"""Layouts: how the workbooks of an office map onto the contract.

:mod:`vocabulary` holds headings and terms as offices write them, :mod:`matching` proposes a field
for each column, :mod:`layout` reads and writes the files in which a person confirms a proposal.
"""
