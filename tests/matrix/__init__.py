"""Who may go which way: a module for each subject, each with its WAYS. tests/test_permission_matrix.py tries them all."""
