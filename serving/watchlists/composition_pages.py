"""/watchlist/composition: what a list is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from risk.unit_kinds import Kind
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.http.parameters import IsoDate
from serving.watchlists.composition import ATTRIBUTES
from serving.watchlists.composition_texts import (
    feature_names,
    flag_names,
    group_label,
    reasons_text,
    stability_text,
)
from serving.watchlists.list_part import ENTRIES
from serving.watchlists.rank_moves import MOST, rank_moves
from serving.watchlists.reader import reader_of
from serving.watchlists.service import composition_for
from serving.web.render import page_language, place_namer, render

router = APIRouter(include_in_schema=False)


class CompositionQuery(BaseModel):
    """The list, and by what its reasons are taken together."""

    model_config = ConfigDict(extra="ignore")

    as_of: IsoDate | None = None
    region: str | None = None
    kind: Kind = "project"
    by: Literal["region", "contractor"] = "region"


@router.get("/watchlist/composition")
def composition(
    request: Request,
    principal: Annotated[Principal, require(Permission.READ_LISTS)],
    wanted: Annotated[CompositionQuery, Query()],
) -> Response:
    """Groups of a list, its reasons taken together, and what it shares with the last."""
    reader = reader_of(request)
    chosen = reader.choose(request, principal, wanted.as_of, wanted.region, wanted.kind)
    if chosen is None:
        return render(request, "nothing", principal)
    composed = composition_for(reader, principal, chosen, wanted.by)
    found = composed.composition
    language = page_language(request)
    features = feature_names(chosen.kind, language)
    flags = flag_names(composed.flags, language)
    place = place_namer(request)
    return render(
        request,
        "composition",
        principal,
        chosen=chosen,
        found=found,
        groups=[
            (attribute, [one for one in found.groups if one.attribute == attribute])
            for attribute in ATTRIBUTES
            if len({one.group for one in found.groups if one.attribute == attribute}) > 1
        ],
        label=lambda share: group_label(share, language, place),
        reasons=lambda counts: reasons_text(counts, features, language),
        moved=rank_moves(
            chosen.part.shown([ENTRIES.rank <= MOST], [ENTRIES.rank], MOST),
            chosen.part.head["gone"],
        ),
        stability=stability_text(found.stability, language),
        flags=lambda counts: reasons_text(counts, flags, language),
    )
