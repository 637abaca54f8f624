"""A reader's own file → one geometry to filter with. Nothing of it is kept.

The file is read by a process of its own with little memory and time (`worker`), which the portal starts (`running`):
what a made-up file does to a parser, it does there.
"""
