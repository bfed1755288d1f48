"""The library of environments and the file format."""
