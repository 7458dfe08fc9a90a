"""Export a run: its mixture as files that trainers load and reviewers can check.

rows.py      the run's tables -> rows that keep where they are from
describe.py  what is known of the whole: shares, teachers, funnel, benchmarks
export.py    the data and all that stands beside them
folder.py    the folder, whole or not at all
check.py     an export against itself and its documents
"""
