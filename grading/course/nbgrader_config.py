# The course folder of stock nbgrader; `grading/config.py` says what is set and why. Own settings go below.
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from grading.config import configure

c = get_config()  # noqa: F821
configure(c, Path(__file__).resolve().parent)
