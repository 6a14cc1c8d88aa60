"""Collected submissions come in; results go out, into the books: who is due, by how many workers, what came of it.

It has the `engine` run them and `trials` name the mistakes. Next is `desk`.
"""
