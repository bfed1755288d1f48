"""Programs some of whose columns are whole numbers."""
