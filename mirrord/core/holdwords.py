"""HOLD.txt: what happened and what each answer does, for who has never heard of mirrord."""

from collections.abc import Mapping, Sequence

from mirrord.core.cells import Harm
from mirrord.core.displayed import displayed
from mirrord.core.guard import Coming, Hold
from mirrord.core.suspicion import Suspicion
from mirrord.core.times import moment_name

_VANISHED = """\
{title}

Seen:     {seen} (UTC)
Shop:     {store}
Where:    {where}
How many: {vanished:,} of {held:,} files held{earlier}

What this means
  {meaning}
  Nothing was removed here: files/ goes on showing these files, as they were. Everything else goes
  on as always: new and changed files still come. list.csv names the files that wait.
  You may take all the time you need: this is safe for ever. If the files come back in the shop,
  this folder goes away by itself.

Answers, to be given on the machine where mirrord runs
  mirrord holds follow {hold} --store {store}
      The shop meant it. Exactly the {listed:,} files in list.csv move from files/ to
      old-versions/, where they stay as long as `keep: old_versions` in the config says.
  mirrord holds keep {hold} --store {store}
      The shop did not mean it, or you want to go on seeing them. files/ keeps showing them, and
      you are not asked again unless the shop has these files again and loses them again.
  To look first:
  mirrord holds show {hold} --store {store}

If the shop lost them by accident
  Do not import anything again. Copy what is missing out of files/ and back into the shop.
"""
_KEPT = """\
KEPT: you said on {at} (UTC) that files/ keeps showing these files. Nothing has to be done. To
follow the shop after all: mirrord holds follow {hold} --store {store}

"""
_CHANGED = """\
{title}

Seen:     {seen} (UTC)
Shop:     {store}
Changed:  {changed:,} of {held:,} files held
To fetch: {files:,} new or changed files, {bytes:,} bytes

What this means
  So much at once is usual after a new design or an import, and also when something went wrong, or
  when somebody who should not be in the shop has been there. Nothing waits: the new files were
  taken, and what they replaced is kept:
    old-versions/{moment}/   every replaced file, under its old path (later runs: later folders)
    {point}

Answers, to be given on the machine where mirrord runs
  mirrord holds follow {hold} --store {store}
      It was meant.{released}
  mirrord holds keep {hold} --store {store}
      It was not meant.{stays}
  Either way no file is touched, and this folder moves to holds/answered/.
"""
_SUSPECT = """\
{title}

Seen:     {seen} (UTC)
Shop:     {store}
Dataset:  {dataset}
{lines}

What this means
  So much within a day is what an import with a wrong column, an app or a stolen login leaves
  behind; and sometimes it was meant. Nothing waits: each pull is filed, since it is what the shop
  has now, and says in its receipt that it is suspect. What was there before is kept:
{points}

If it was not meant
  1. Do not import again: that makes it harder to tell what is lost.
  2. Find out what did it, and stop it: an app, an import that somebody scheduled, a login.
  3. Put the cells back from what is kept. When they are back this folder goes away by itself.

Answers, to be given on the machine where mirrord runs
  mirrord holds follow {hold} --store {store}
      It was meant. The pins are taken away; the rules for snapshots and exports go on.
  mirrord holds keep {hold} --store {store}
      It was not meant. The pins stay for good (`mirrord unpin` takes them away).
  Either way no record is touched, this folder moves to holds/answered/, and what has changed up to
  now alarms no more.
"""
_DONE = {
    Harm.EMPTIED: "was emptied",
    Harm.SHRANK: "lost over half of its text",
    Harm.CHANGED: "was changed",
}
#: So many columns are named in one line.
_NAMED = 3


def vanished_title(hold: Hold) -> str:
    """One line: how many of how many are gone, and where."""
    where = f"the folder {hold.top}" if hold.top else "the whole tree"
    told = f"{hold.vanished:,} of {hold.held:,} files in {where} are gone from the store"
    if hold.gone:
        told += " (the folder is gone or empty)" if hold.top else " (it is empty)"
    if hold.earlier:
        told += f" (and {hold.earlier:,} in the 30 days before)"
    return told


def vanished_text(hold_id: str, store: str, hold: Hold, opened: float, kept: float | None) -> str:
    """HOLD.txt of a vanishing; ``kept``: when a person said to keep them (seconds since 1970)."""
    head = "" if kept is None else _KEPT.format(at=_moment(kept), hold=hold_id, store=store)
    earlier = f"\n          and {hold.earlier:,} left within the 30 days before, one by one"
    return head + _VANISHED.format(
        title=displayed(vanished_title(hold)),
        seen=_moment(opened),
        store=store,
        where=f"files/{hold.top}/" if hold.top else "all over files/",
        vanished=hold.vanished,
        held=hold.held,
        earlier=earlier + " (in old-versions/)" if hold.earlier else "",
        meaning=_meaning(hold),
        hold=hold_id,
        listed=hold.vanished,
    )


def changed_title(coming: Coming, held_files: int) -> str:
    """One line: how much changed or came at once."""
    return (
        f"a mass change: {coming.changed:,} of {held_files:,} files changed at once, and"
        f" {coming.files:,} files of {coming.bytes:,} bytes came"
    )


def changed_text(
    hold_id: str, store: str, coming: Coming, held_files: int, opened: float, point: str | None
) -> str:
    """HOLD.txt of a mass change; ``point`` is the snapshot that was pinned for it."""
    if point is None:
        stands = "(no complete snapshot stood before it)"
        released = stays = ""
    else:
        stands = f"{point}/   the newest complete snapshot before it, pinned"
        released = f" The pin on {point} is taken away; the rules for snapshots go on."
        stays = f" The pin on {point} stays for good (`mirrord unpin` takes it away)."
    return _CHANGED.format(
        title=changed_title(coming, held_files),
        seen=_moment(opened),
        store=store,
        changed=coming.changed,
        held=held_files,
        files=coming.files,
        bytes=coming.bytes,
        moment=moment_name(opened),
        point=stands,
        hold=hold_id,
        released=released,
        stays=stays,
    )


def suspect_title(dataset: str, found: Sequence[Suspicion]) -> str:
    """One line: which columns, how many rows, and three records to look at first."""
    told = "; ".join(_told(one) for one in found[:_NAMED])
    more = f"; and {len(found) - _NAMED:,} more columns" if len(found) > _NAMED else ""
    return f"{dataset} look damaged: {told}{more}"


def suspect_text(
    hold_id: str,
    store: str,
    dataset: str,
    found: Sequence[Suspicion],
    since: Sequence[str],
    opened: float,
    points: Mapping[str, str],
) -> str:
    """HOLD.txt of records that look damaged.

    ``since`` are the moments, as folders name them, of the pulls that saw the first of each;
    ``points`` what is pinned, each with what it holds.
    """
    lines = (
        f"What:     {one.column.table}.csv, since the pull of {_minute(moment)}: {_told(one)}"
        for one, moment in zip(found, since, strict=True)
    )
    return _SUSPECT.format(
        title=displayed(suspect_title(dataset, found)),
        seen=_moment(opened),
        store=store,
        dataset=dataset,
        lines="\n".join(displayed(line) for line in lines),
        points="\n".join(f"    {point}/   {holds}" for point, holds in points.items())
        or "    (nothing stood before it)",
        hold=hold_id,
    )


def _told(one: Suspicion) -> str:
    rows = f"{one.column.kind} rows" if one.column.kind else "rows"
    if one.harm is Harm.GONE:
        said = f"{one.count:,} of {one.of:,} {rows} are gone"
    else:
        said = f"{one.column.name} {_DONE[one.harm]} in {one.count:,} of {one.of:,} {rows}"
    return f"{said} (ids {', '.join(one.ids)})"


def _meaning(hold: Hold) -> str:
    if hold.gone and not hold.top:
        return (
            "The shop's file server says that it has no file at all. A shop that was closed, a\n"
            "  login that sees another folder, or a fault at the shop look like this."
        )
    if hold.gone:
        return (
            "The folder is gone or empty in the shop. Changing the theme does that to theme\n"
            "  folders; elsewhere somebody removed it, or something went wrong."
        )
    return (
        "More left the shop than usual. Somebody may have cleaned up, or an import, an app or\n"
        "  a stolen login may have removed them."
    )


def _moment(at: float) -> str:
    return _minute(moment_name(at))


def _minute(name: str) -> str:
    return f"{name[:10]} {name[11:13]}:{name[13:15]}"
