"""Page of the audit log: each entry as a sentence."""
