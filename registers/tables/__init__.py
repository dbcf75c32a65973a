"""The shape of lists: a module for each subject."""
