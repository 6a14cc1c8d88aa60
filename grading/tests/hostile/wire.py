"""What an attack begins with that talks to the grader itself: the loop in the student's own process that serves it."""

import sys
import threading


def serving():
    """Its variables: `cells` is the channel to the parent, `calls` the one to the examiner, `objects` what it knows."""
    frame = sys._current_frames()[threading.main_thread().ident]
    while frame.f_code.co_name != "serve":
        frame = frame.f_back
    return frame.f_locals
