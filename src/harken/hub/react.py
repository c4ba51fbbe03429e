"""Profiles that heard something new -> the segments they entered or left, and when to look again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harken import remember
from harken.hub.core import Core
from harken.stores import Changes, Tx
from harken.words import Event, Membership, Micros, Timer

ALL = frozenset({"*"})  # judge every segment of the profile


def touched(core: Core, events: Sequence[Event], concerned: set[str]) -> dict[str, frozenset[str]]:
    """pid -> segments whose verdict these events may change; every segment for profiles that were made or moved."""
    plan, trails = core.plans.remember, core.working.trails
    if not core.plans.config.segments:
        return {}
    found: dict[str, frozenset[str]] = dict.fromkeys(concerned, ALL)
    for event in events:
        segments = remember.affected((event,), plan)
        if segments:
            pid = trails[event.tid].pid
            if found.get(pid) is not ALL:
                found[pid] = found.get(pid, frozenset()) | segments
    return found


def react(core: Core, tx: Tx, judged: Mapping[str, frozenset[str]], changes: Changes, at: Micros) -> None:
    """Judge these profiles; what changed goes into `changes`, at once with the events that caused it."""
    working, plans = core.working, core.plans
    if not judged:
        return
    working.load_profiles(tx, judged)
    for pid, only in judged.items():
        profile = working.profiles.get(pid)
        if profile is None:
            continue
        if not working.tids.get(pid):  # all it did is another's now, so it is in no segment any more
            if profile.segments:
                changes.memberships += [
                    Membership(pid=pid, segment=id, entered=False, at=at) for id in profile.segments
                ]
                profile.segments = {}
                working.keep_profile(profile)
            continue
        verdict = remember.judge(
            pid, working.joined(pid), working.names[pid], profile.segments, plans.remember, at,
            None if only is ALL else only,
        )  # fmt: skip
        changes.memberships.extend(verdict.memberships)
        if verdict.segments != profile.segments or (only is ALL and profile.judged != plans.config.version):
            profile.segments = dict(verdict.segments)
            profile.judged = plans.config.version
            working.keep_profile(profile)
        if verdict.due is not None:
            changes.timers.append(Timer(pid=pid, kind="segment", due=verdict.due))
