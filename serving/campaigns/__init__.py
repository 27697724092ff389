"""Campaigns (专项行动): a scope, a time, what is to be reached, and how far it is."""
