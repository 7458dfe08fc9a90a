"""Errors a user can repair. The command line prints them without a traceback and exits with 2.

RetortError
├── RecipeError    the recipe says something that cannot be done
├── TableError     a table is missing, unfinished or of another shape
├── SourceError    a named source cannot be read, or holds nothing
├── WorkError      the work folder is in use, full or not writable
└── TeacherError   a teacher refused, or the budget is spent
"""


class RetortError(Exception):
    """Base of all: one line of `<where>: <found>, <allowed>. <what to do>`."""


class RecipeError(RetortError):
    """The recipe, or an option on the command line, says something that cannot be done."""


class TableError(RetortError):
    """A table is missing, unfinished, or of another shape than the stage needs."""


class SourceError(RetortError):
    """A source that the user named cannot be read, or holds no text."""


class WorkError(RetortError):
    """The work folder is in use by another run, full, or not writable."""


class TeacherError(RetortError):
    """A teacher refused, or the budget is spent."""
