"""What runs a submission: a warm process in a sandbox that forks, and the two sides of a graded notebook."""
