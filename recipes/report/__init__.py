"""The report: what a run made, what it set aside and why, as one HTML file.

page.py      puts the page together: `report.html`, a template for each section, `report.css`
headline.py  its head: sentences and the numbers to look at first
numbers.py   every count on it, asked of the tables by SQL
funnel.py    how many rows there are at each level, and what fell away
teachers.py  models that were asked: how it went, what it gave, what it cost
lengths.py   the distributions of lengths, and their geometry as figures
samples.py   the few rows that are shown
mixture.py   the mixture in rows and in tokens
scores.py    what tuning changed, in numbers and in words
intervals.py the geometry of its differences as a figure
training.py  the losses and the facts of each training
curve.py     the geometry of losses as a figure
answers.py   test rows with the answers of every model
axis.py      round numbers along an axis, numbers as they are printed
text.py      text of a corpus as something to look at, never something to obey
"""

from recipes.report.page import write_report

__all__ = ["write_report"]
