"""Campaigns (专项行动): scope, period, targets and progress."""
