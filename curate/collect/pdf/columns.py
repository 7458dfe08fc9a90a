"""The reading order of a page's lines, in any number of columns. Compiled; reads and writes arrays.

Lines are gathered into blocks (lines below each other, of one column), and blocks are ordered as
in T. M. Breuel, "High performance document layout analysis" (2003): a block comes before another
that lies below it in the same columns, and before one to its right unless a third, between them in
height, spans both. Of two that stand beside nothing at all, the upper one comes first.
"""

import numpy as np
from numpy.typing import NDArray

from curate.collect.pdf.compiled import kernel

ASCENT, DESCENT = 0.75, 0.22
"""How far a line reaches above and below its baseline, in sizes."""
MAX_BLOCKS = 500
"""A page of more is a drawing; it keeps its content's order, for the time grows with their cube."""


@kernel
def order(lines: NDArray[np.void]) -> NDArray[np.int32]:
    """(n_lines,) places of the lines in reading order; sets their `block`, numbered in it.

    Lines that run in another direction come last.
    """
    n = len(lines)
    beside = _neighbours(lines)
    blocks, limits, leading, n_blocks = _blocks(lines, beside)
    ranks = _ranks(blocks[:n_blocks], limits)
    keys = np.empty(n, np.int64)
    for place in range(n):
        block = lines[place]["block"]
        if block < 0:
            keys[place] = n_blocks * n + place
        else:
            keys[place] = ranks[block] * n + place
            lines[place]["block"] = ranks[block]
            lines[place]["left"], lines[place]["right"] = blocks[block, 0], blocks[block, 2]
            lines[place]["leading"] = leading[block]
    return np.argsort(keys, kind="mergesort").astype(np.int32)


@kernel
def _neighbours(lines: NDArray[np.void]) -> NDArray[np.float32]:
    """(n_lines, 2) where the nearest line to the left ends and the one to the right begins."""
    n = len(lines)
    beside = np.empty((n, 2), np.float32)
    beside[:, 0], beside[:, 1] = -1e9, 1e9
    for one in range(n):
        if lines[one]["direction"] != 0:
            continue
        for other in range(n):
            if one == other or lines[other]["direction"] != 0:
                continue
            size = min(lines[one]["size"], lines[other]["size"])
            if abs(lines[one]["y"] - lines[other]["y"]) > 0.7 * size:
                continue
            if lines[other]["x0"] >= lines[one]["x1"] - 0.2 * size:
                beside[one, 1] = min(beside[one, 1], lines[other]["x0"])
            elif lines[other]["x1"] <= lines[one]["x0"] + 0.2 * size:
                beside[one, 0] = max(beside[one, 0], lines[other]["x1"])
    return beside


@kernel
def _blocks(
    lines: NDArray[np.void], beside: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], int]:
    """Set each line's `block`.

    Returns:
        (n_lines, 4) x0, bottom, x1, top of the blocks; (n_lines, 2) where what stands beside them
        ends and begins; (n_lines,) their leading; their number.
    """
    n = len(lines)
    boxes = np.empty((n, 4), np.float32)
    limits = np.empty((n, 2), np.float32)
    last = np.empty(n, np.int32)
    leading = np.zeros(n, np.float32)
    n_blocks = 0
    for place in range(n):
        line = lines[place]
        if line["direction"] != 0:
            line["block"] = -1
            continue
        slack = 0.5 * line["size"]
        chosen = -1
        for block in range(n_blocks - 1, -1, -1):
            above = lines[last[block]]
            step = above["y"] - line["y"]
            ratio = line["size"] / above["size"]
            if not (0.3 * line["size"] < step and 0.85 < ratio < 1.18):
                continue
            if step > (1.4 * leading[block] if leading[block] > 0 else 2.4 * line["size"]):
                continue
            overlap = min(line["x1"], boxes[block, 2]) - max(line["x0"], boxes[block, 0])
            if overlap < 0.5 * min(line["x1"] - line["x0"], boxes[block, 2] - boxes[block, 0]):
                continue
            if (
                beside[place, 1] < boxes[block, 2] - slack
                or beside[place, 0] > boxes[block, 0] + slack
            ):
                continue
            if line["x1"] > limits[block, 1] + slack or line["x0"] < limits[block, 0] - slack:
                continue
            chosen = block
            break
        if chosen < 0:
            chosen = n_blocks
            n_blocks += 1
            boxes[chosen] = (1e9, 1e9, -1e9, -1e9)
            limits[chosen] = (-1e9, 1e9)
        else:
            step = lines[last[chosen]]["y"] - line["y"]
            leading[chosen] = min(step, leading[chosen]) if leading[chosen] > 0 else step
        last[chosen] = place
        line["block"] = chosen
        boxes[chosen, 0] = min(boxes[chosen, 0], line["x0"])
        boxes[chosen, 1] = min(boxes[chosen, 1], line["y"] - DESCENT * line["size"])
        boxes[chosen, 2] = max(boxes[chosen, 2], line["x1"])
        boxes[chosen, 3] = max(boxes[chosen, 3], line["y"] + ASCENT * line["size"])
        limits[chosen, 0] = max(limits[chosen, 0], beside[place, 0])
        limits[chosen, 1] = min(limits[chosen, 1], beside[place, 1])
    return boxes, limits, leading, n_blocks


@kernel
def _ranks(boxes: NDArray[np.float32], limits: NDArray[np.float32]) -> NDArray[np.int32]:
    """(n_blocks,) place of each block in reading order; the content's order decides the rest."""
    n = len(boxes)
    if n > MAX_BLOCKS:
        return np.arange(n).astype(np.int32)
    before = np.zeros((n, n), np.bool_)
    waits = np.zeros(n, np.int32)
    for one in range(n):
        for other in range(n):
            if one != other and _precedes(boxes, limits, one, other):
                before[one, other] = True
                waits[other] += 1
    ranks = np.full(n, -1, np.int32)
    for rank in range(n):
        chosen = -1
        for block in range(n):
            if ranks[block] < 0 and (chosen < 0 or waits[block] < waits[chosen]):
                chosen = block
            if chosen >= 0 and waits[chosen] == 0:
                break
        ranks[chosen] = rank
        for block in range(n):
            if before[chosen, block]:
                waits[block] -= 1
    return ranks


@kernel
def _precedes(
    boxes: NDArray[np.float32], limits: NDArray[np.float32], one: int, other: int
) -> bool:
    """Whether a block is read before another for their places alone."""
    a, b = boxes[one], boxes[other]
    if _share(a, b):
        return bool(a[1] + a[3] > b[1] + b[3])
    left, right = (one, other) if a[0] <= b[0] else (other, one)
    if limits[left, 1] > 1e8 and limits[right, 0] < -1e8:
        return bool(a[1] + a[3] > b[1] + b[3])
    if a[0] > b[0]:
        return False
    low, high = min((a[1] + a[3]), (b[1] + b[3])) / 2, max((a[1] + a[3]), (b[1] + b[3])) / 2
    for third in range(len(boxes)):
        c = boxes[third]
        between = third != one and third != other and low < (c[1] + c[3]) / 2 < high
        if between and _share(a, c) and _share(b, c):
            return False
    return True


@kernel
def _share(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    """Whether two blocks stand in the same column, more than by a rounded edge."""
    shared = min(a[2], b[2]) - max(a[0], b[0])
    return bool(shared > min(3.0, 0.3 * min(a[2] - a[0], b[2] - b[0])))
