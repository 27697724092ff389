"""Documents of a registered model among the artifacts of its MLflow run."""

from __future__ import annotations

from risk.locale import LANGUAGES
from risk.unit_kinds import Kind
from risk.workspace import Workspace


def attach_documents(workspace: Workspace, version: str, kind: Kind = "project") -> None:
    """Store the card of ``version`` in every language and its pictures with its run."""
    from models.registry import Registry
    from serving.models.card.render import calibration_plot, render_card
    from serving.models.service import load_card_input

    registry = Registry(workspace, kind)
    material = load_card_input(registry, version)
    documents = dict(material.pictures)
    for language in LANGUAGES:
        documents[f"card.{language}.md"] = render_card(material, language, "md")
        documents[f"card.{language}.html"] = render_card(material, language, "html")
        if plot := calibration_plot(material, language):
            documents[f"calibration.{language}.svg"] = plot
    registry.attach(version, documents)
