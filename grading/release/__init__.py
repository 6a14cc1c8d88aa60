"""The first station: the instructor's source comes in, the students' kit goes out, cut, checked for leaks and zipped.

Next is `intake`, once students have worked on it.
"""
