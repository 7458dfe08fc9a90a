"""What a file's rows are like, before any rule is chosen: `retort screen T --analyze`."""
