"""Export: a mixture as files that trainers load and reviewers can check.

rows.py says what an exported row keeps, described.py what is known of the whole. forms/ turn rows
into the columns of a trainer; card.py, croissant.py, attribution.py and frameworks.py describe the
files; policy.py says what may be released; verify.py checks a folder again.
"""
