"""The measurements: a class, or a function, comes in; ratios within one run go out, for people to read."""
