"""Writes what feeds are as OData's clients read it: the service document, and $metadata as CSDL XML 4.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

from server.domain.feeds import Feed, Type

NAMESPACE = "Xunting"
_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"


def service(feeds: Iterable[Feed], root: str) -> dict[str, Any]:
    """The service document: which sets there are; `root` is the address of the service."""
    return {
        "@odata.context": f"{root}$metadata",
        "value": [{"name": feed.name, "kind": "EntitySet", "url": feed.name} for feed in feeds],
    }


def metadata(feeds: Iterable[Feed]) -> bytes:
    """The types of all sets as CSDL XML."""
    whole = ElementTree.Element("edmx:Edmx", {"Version": "4.0", "xmlns:edmx": _EDMX})
    services = ElementTree.SubElement(whole, "edmx:DataServices")
    schema = ElementTree.SubElement(services, "Schema", {"Namespace": NAMESPACE, "xmlns": _EDM})
    listed = list(feeds)
    for feed in listed:
        _entity(schema, feed)
    container = ElementTree.SubElement(schema, "EntityContainer", {"Name": "Container"})
    for feed in listed:
        ElementTree.SubElement(
            container, "EntitySet", {"Name": feed.name, "EntityType": f"{NAMESPACE}.{feed.entity}"}
        )
    ElementTree.indent(whole)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(whole, encoding="utf-8")


def _entity(schema: ElementTree.Element, feed: Feed) -> None:
    entity = ElementTree.SubElement(schema, "EntityType", {"Name": feed.entity})
    key = ElementTree.SubElement(entity, "Key")
    for name in feed.key:
        ElementTree.SubElement(key, "PropertyRef", {"Name": name})
    for each in feed.properties:
        facets = {"Name": each.name, "Type": each.type.value}
        if not each.nullable:
            facets["Nullable"] = "false"
        if each.type is Type.DECIMAL:
            facets |= {"Precision": "18", "Scale": str(each.places)}
        if each.type is Type.INSTANT:
            facets["Precision"] = "6"
        ElementTree.SubElement(entity, "Property", facets)
