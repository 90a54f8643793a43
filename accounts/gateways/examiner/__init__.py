"""The examiner: a program of its own that looks into files which strangers made. See ../examining.py."""
