"""Export a run: its mixture as files that trainers load and reviewers can check.

rows.py      the run's tables -> rows that keep where they are from
describe.py  what is known of the whole: shares, teachers, funnel, benchmarks
export.py    the folder, whole or not at all
"""
