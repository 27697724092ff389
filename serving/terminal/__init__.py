"""Kit of the command line: context, resources, options and output shared by all commands."""
