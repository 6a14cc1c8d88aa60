"""Graded submissions come in; pages for people go out: for the instructor's formgrader and the student's feedback.

What came out of a submission is made harmless here, and nowhere else. The road ends here.
"""
