"""What is asked of a text, one package a task.

`reading_comprehension` needs no model: the text itself holds question and answer.
"""
