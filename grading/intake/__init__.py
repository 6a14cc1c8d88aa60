"""What students hand in comes in, archives and folders of any kind; submissions laid upon the lesson go out.

Next is `autograde`, which has them run.
"""
