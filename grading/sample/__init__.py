"""A sample class made from the source, and the whole road taken with it, from `release` to `desk`."""
