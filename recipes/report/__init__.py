"""The report: what a run made, what it set aside and why, as one HTML file.

page.py     puts the page together and renders `report.html` with `report.css`
numbers.py  every count on it, asked of the tables by SQL
lengths.py  the distributions of lengths, and their geometry as figures
samples.py  the few rows that are shown
text.py     text of a corpus as something to look at, never something to obey
"""

from recipes.report.page import write_report

__all__ = ["write_report"]
