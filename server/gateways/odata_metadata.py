"""Writes what feeds are as OData's clients read it: the service document, and $metadata as CSDL XML 4.0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

from server.domain.feed_terms import FUNCTIONS, OPERATORS
from server.domain.feeds import Feed, Type

NAMESPACE = "Xunting"
_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_VOCABULARY = "Org.OData.Capabilities.V1"
_VOCABULARY_AT = "https://docs.oasis-open.org/odata/odata-vocabularies/v4.0/Org.OData.Capabilities.V1.xml"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"


def service(feeds: Iterable[Feed], root: str) -> dict[str, Any]:
    """The service document: which sets there are; `root` is the address of the service."""
    return {
        "@odata.context": f"{root}$metadata",
        "value": [{"name": feed.name, "kind": "EntitySet", "url": feed.name} for feed in feeds],
    }


def metadata(feeds: Iterable[Feed], unordered: Mapping[str, frozenset[str]]) -> bytes:
    """The types of all sets as CSDL XML, and what may be asked of each; `unordered` are a set's properties that order nothing."""
    whole = ElementTree.Element("edmx:Edmx", {"Version": "4.0", "xmlns:edmx": _EDMX})
    reference = ElementTree.SubElement(whole, "edmx:Reference", {"Uri": _VOCABULARY_AT})
    ElementTree.SubElement(reference, "edmx:Include", {"Namespace": _VOCABULARY, "Alias": "Capabilities"})
    services = ElementTree.SubElement(whole, "edmx:DataServices")
    schema = ElementTree.SubElement(services, "Schema", {"Namespace": NAMESPACE, "xmlns": _EDM})
    listed = list(feeds)
    for feed in listed:
        _entity(schema, feed)
    container = ElementTree.SubElement(schema, "EntityContainer", {"Name": "Container"})
    for feed in listed:
        entities = ElementTree.SubElement(
            container, "EntitySet", {"Name": feed.name, "EntityType": f"{NAMESPACE}.{feed.entity}"}
        )
        _capabilities(entities, feed, unordered.get(feed.name, feed.late))
    _flag(container, "BatchSupported", on=False)
    _flag(container, "AsynchronousRequestsSupported", on=False)
    _flag(container, "CrossJoinSupported", on=False)
    _list(_annotation(container, "FilterFunctions"), "String", sorted((*FUNCTIONS, *OPERATORS)))
    ElementTree.indent(whole)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(whole, encoding="utf-8")


def _capabilities(entities: ElementTree.Element, feed: Feed, unordered: frozenset[str]) -> None:
    """What may be asked of a set (the vocabulary Org.OData.Capabilities.V1)."""
    _record(entities, "FilterRestrictions", Filterable=True, RequiresFilter=False)
    kept = [each.name for each in feed.properties if each.name in unordered]
    _paths(_record(entities, "SortRestrictions", Sortable=True), "NonSortableProperties", kept)
    _record(entities, "CountRestrictions", Countable=True)
    _record(entities, "ExpandRestrictions", Expandable=False)
    _record(entities, "SearchRestrictions", Searchable=False)
    for term in ("TopSupported", "SkipSupported", "IndexableByKey"):
        _flag(entities, term, on=True)
    _record(entities, "InsertRestrictions", Insertable=False)
    _record(entities, "UpdateRestrictions", Updatable=False)
    _record(entities, "DeleteRestrictions", Deletable=False)
    _record(entities, "ChangeTracking", Supported=False)


def _annotation(above: ElementTree.Element, term: str, **facets: str) -> ElementTree.Element:
    return ElementTree.SubElement(above, "Annotation", {"Term": f"{_VOCABULARY}.{term}", **facets})


def _flag(above: ElementTree.Element, term: str, *, on: bool) -> None:
    _annotation(above, term, Bool=str(on).lower())


def _record(above: ElementTree.Element, term: str, **values: bool) -> ElementTree.Element:
    record = ElementTree.SubElement(_annotation(above, term), "Record")
    for name, value in values.items():
        ElementTree.SubElement(record, "PropertyValue", {"Property": name, "Bool": str(value).lower()})
    return record


def _paths(record: ElementTree.Element, name: str, properties: Iterable[str]) -> None:
    _list(ElementTree.SubElement(record, "PropertyValue", {"Property": name}), "PropertyPath", properties)


def _list(above: ElementTree.Element, tag: str, values: Iterable[str]) -> None:
    found = ElementTree.SubElement(above, "Collection")
    for value in values:
        ElementTree.SubElement(found, tag).text = value


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
