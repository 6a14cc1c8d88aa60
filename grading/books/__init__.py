"""What is known about a course and kept: the course folder, the ledger (gradebook and autograded folder), results.

Every other room writes and reads here; this one knows none of them.
"""
