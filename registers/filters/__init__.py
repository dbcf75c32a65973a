"""What lists are narrowed by: a module for each subject."""
