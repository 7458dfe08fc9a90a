"""From passages to examples."""
