"""Matters: cases, findings and alerts with responsible person, deadline and steps taken."""
