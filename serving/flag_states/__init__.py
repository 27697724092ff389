"""States of red flags that carry forward from list to list: verified, explained, not applicable."""
