"""Collected submissions come in; pairs that are too alike go out, and what is alike in them.

What everybody was given says nothing, and what many say says little. Who is alike has to be asked why: that is done by
people.
"""
