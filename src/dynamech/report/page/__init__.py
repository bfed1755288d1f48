"""A report on one page: skeleton, sections, the story of the lie, the tree of a mechanism, pictures."""
