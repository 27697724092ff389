"""Wage deposits: local rule tables, rate advice, and deposits that expire."""
