"""The monthly briefing and the yearly summary: counted, told in sentences, checked, written out."""
