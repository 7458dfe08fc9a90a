"""What `retort audit` is made of: a stratified sample, its sheet, and what the answers say."""
