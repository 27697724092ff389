"""Date constants, month arithmetic and Chinese working days."""
