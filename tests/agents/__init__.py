"""Small programs in Python and Java that suites start, drive by lines of JSON, and kill."""
