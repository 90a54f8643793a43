"""How dates are written, language by language. The names below are Django's and a few of our own."""
