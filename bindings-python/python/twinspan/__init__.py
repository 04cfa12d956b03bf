"""Python and Java programs in one cluster."""
