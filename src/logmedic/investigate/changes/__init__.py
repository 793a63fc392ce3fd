"""What a change is, whatever failed: patches as values, what a hunk does in truth, what it installs and sets."""
