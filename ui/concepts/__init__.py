"""The topics of the Concepts page: a file each, with one function that draws it."""
