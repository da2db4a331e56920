"""What the engine had found, before reviewers took it out: for who wants to judge it again."""

from collections.abc import Collection

from pipeline.publish.lookup import Lookup, look_up
from pipeline.review.state.view import View
from pipeline.tables import MENTIONS, TOUCHPOINTS


def past_of(view: View, targets: Collection[str]) -> Lookup:
    """Return the quotes found for some touchpoints, or of some ids, with where they were said."""
    found = view.base.get("found_mentions", MENTIONS.frame())
    is_about = found["mention_id"].isin(targets) | found["touchpoint_id"].isin(targets)
    mentions = found[is_about]
    tables = {
        "mentions": mentions,
        "touchpoints": view.base.get("found_touchpoints", TOUCHPOINTS.frame()),
    }
    for name, key in (("documents", "document_id"), ("turns", "turn_id")):
        frame = view.base.get(name)
        if frame is not None:
            tables[name] = frame[frame[key].isin(mentions[key])]
    return look_up(tables)
