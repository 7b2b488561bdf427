"""The command line, one module per verb: it parses, calls the library and prints.

A verb is listed in `main.GROUPS` and loaded when it is used. `options` and `output` are shared by
the verbs. No other package imports from here.
"""
