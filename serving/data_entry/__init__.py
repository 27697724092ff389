"""The data page: files sent by people, layouts, imports, and what the records hold."""
