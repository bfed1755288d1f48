"""The second compiler: rents in place of histories, where those could not be written down."""
