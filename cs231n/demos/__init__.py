"""Demonstrations that one can touch: drawn in the browser, computed by your own functions.

One module for each: `plane`, `regions`, `gates`, `walk`. Where no widget can run, its picture is shown. They need
nothing from you, and no check reads them.
"""
