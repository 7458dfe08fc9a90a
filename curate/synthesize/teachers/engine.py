"""Ask teachers until every request has its reply in the ledger, or cannot get one.

Every teacher has a desk, and all of them work at once. What ends without a reply is in
`Gathered.problems`, by key; what was not asked at all has its teacher's problem, or none where
nobody asked.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from curate.synthesize.calls import Ledger
from curate.synthesize.teachers.budget import Purse
from curate.synthesize.teachers.desk import Desk
from curate.synthesize.teachers.gathered import Gathered, Post
from curate.synthesize.teachers.limits import Patience
from curate.synthesize.teachers.progress import Progress
from curate.synthesize.teachers.recorder import Recorder


def gather(
    posts: Sequence[Post],
    ledger: Path,
    purse: Purse,
    account: str,
    tell: Callable[[str], None],
    gathered: Gathered,
    n_requests: int | None = None,
    patience: Patience | None = None,
) -> None:
    """Ask every teacher what is not in the ledger yet.

    Args:
        posts: the teachers.
        ledger: the file of replies.
        purse: what may be paid.
        account: whose budget it is.
        tell: shows progress.
        gathered: what it comes to is added here.
        n_requests: how many there are in all, for the time that is left.
        patience: how long a server that is down is borne with.

    Raises:
        WorkError: the ledger cannot be written.
        RecipeError: a key is missing.
    """
    progress = Progress(tell, purse, n_requests)
    how = patience or Patience()
    asyncio.run(_gather(posts, ledger, purse, account, gathered, progress, how))


async def _gather(
    posts: Sequence[Post],
    ledger: Path,
    purse: Purse,
    account: str,
    gathered: Gathered,
    progress: Progress,
    patience: Patience,
) -> None:
    with Ledger(ledger) as stored:
        recorder = Recorder(ledger)
        desks = [
            Desk(post, stored, recorder, purse, account, gathered, progress, patience)
            for post in posts
        ]
        try:
            for desk in desks:  # before the first call is paid for, every key is there
                desk.open()
            await together([desk.work() for desk in desks])
        finally:
            for desk in desks:
                await desk.close()
            recorder.close()
            progress.show(last=True)


async def together(works: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Do all of them at once; when one fails or all are cancelled, none is left under way."""
    working = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.gather(*working)
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
