"""OData as its clients see it: a client that we did not write reads it, options do what they say, and errors are OData's."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odatapy.client import EdmEnabledODataClient
from odatapy.client.responses import ClientResponse
from odatapy.edm import FullQualifiedName

from server.domain.access import Role
from server.domain.feed_list import FEEDS
from server.domain.feeds import ANSWERS, FIGURES
from server.domain.visit import VisitKind, VisitState
from server.storage.organisation import Outlet
from server.storage.periods import Figure, PeriodRow, PeriodState
from server.usecases.work import Office
from tests import make, submitted
from tests.web.test_feeds import accepted

Client = Callable[..., make.Caller]
CAPABILITIES = {
    "FilterRestrictions": {"Filterable": True, "RequiresFilter": False},
    "SortRestrictions": {"Sortable": True, "NonSortableProperties": []},
    "CountRestrictions": {"Countable": True},
    "ExpandRestrictions": {"Expandable": False},
    "SearchRestrictions": {"Searchable": False},
    "TopSupported": True,
    "SkipSupported": True,
    "IndexableByKey": True,
    "InsertRestrictions": {"Insertable": False},
    "UpdateRestrictions": {"Updatable": False},
    "DeleteRestrictions": {"Deletable": False},
    "ChangeTracking": {"Supported": False},
}
"""What a set of which everything can be ordered says, under the names of the vocabulary Org.OData.Capabilities.V1."""
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


class Wire:
    """The transport of the other client, over our test client."""

    def __init__(self, caller: make.Caller) -> None:
        self.caller = caller

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> ClientResponse:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = self.caller.call(method, path, headers=headers, data=body or None)
        return ClientResponse(answer.status_code, dict(answer.headers), answer.data)


@pytest.fixture
def outlets(office: Office) -> list[Outlet]:
    return [
        make.outlet(
            office, code=f"T{turn:02}", name=f"{'甲' if turn % 2 else '乙'}店 {turn}", star=turn % 5 or None
        )
        for turn in range(12)
    ]


@pytest.fixture
def caller(client: Client, outlets: list[Outlet]) -> make.Caller:
    return client(Role.HQ)


def values(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.data
    found: list[dict[str, Any]] = answer.get_json()["value"]
    return found


def test_a_client_that_we_did_not_write_reads_types_and_pages(
    caller: make.Caller, outlets: list[Outlet]
) -> None:
    other = EdmEnabledODataClient("http://localhost/odata", Wire(caller))
    assert sorted(entry.name for entry in other.get_service_document().entries) == sorted(FEEDS)
    kinds = other.get_edm()
    for feed in FEEDS.values():
        type_ = kinds.get_entity_type(FullQualifiedName("Xunting", feed.entity))
        assert tuple(type_.key_predicate_names) == feed.key
        assert list(type_.property_names) == [each.name for each in feed.properties]
    uri = (
        other.entity_set_uri("Outlets").filter("star gt 1").orderby("code desc").select("code", "star").top(5)
    )
    found = [{held.name: held.value for held in entity.properties} for entity in other.iter_entities(uri)]
    wanted = sorted(
        (each for each in outlets if (each.star or 0) > 1), key=lambda each: each.code, reverse=True
    )
    assert found == [{"code": each.code, "star": each.star} for each in wanted[:5]]
    assert other.get_count(other.entity_set_uri("Outlets")) == 12
    one = other.get_entity(other.entity_uri("Outlets", outlets[3].id))
    assert {held.name: held.value for held in one.properties}["code"] == "T03"


def test_the_types_are_well_formed_csdl_of_version_4(caller: make.Caller) -> None:
    answer = caller.get("/odata/$metadata")
    assert (answer.mimetype, answer.headers["OData-Version"]) == ("application/xml", "4.0")
    whole = ElementTree.fromstring(answer.data)
    assert whole.attrib["Version"] == "4.0"
    sets = {each.attrib["Name"]: each.attrib["EntityType"] for each in whole.iter(f"{EDM}EntitySet")}
    types = {f"Xunting.{each.attrib['Name']}": each for each in whole.iter(f"{EDM}EntityType")}
    assert sets == {feed.name: f"Xunting.{feed.entity}" for feed in FEEDS.values()}
    for name, feed in FEEDS.items():
        held = {each.attrib["Name"]: each.attrib for each in types[sets[name]].iter(f"{EDM}Property")}
        assert all(held[key].get("Nullable") == "false" for key in feed.key)


def capabilities(element: ElementTree.Element) -> dict[str, Any]:
    """The annotations of an element by the names of their terms."""
    found: dict[str, Any] = {}
    for each in element.iterfind(f"{EDM}Annotation"):
        vocabulary, _, term = each.attrib["Term"].rpartition(".")
        assert vocabulary == "Org.OData.Capabilities.V1"
        assert term not in found
        record = each.find(f"{EDM}Record")
        if record is None:
            found[term] = each.get("Bool") == "true" if "Bool" in each.attrib else texts(each)
        else:
            found[term] = {
                held.attrib["Property"]: held.get("Bool") == "true" if "Bool" in held.attrib else texts(held)
                for held in record.iterfind(f"{EDM}PropertyValue")
            }
    return found


def texts(element: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in element.iterfind(f"{EDM}Collection/*")]


@pytest.mark.parametrize("who", [{"role": Role.HQ}, {"role": Role.BRANCH_MANAGER, "unit_path": "sx/"}])
def test_the_types_say_truly_what_may_be_asked_of_each_set(
    who: dict[str, Any], office: Office, client: Client, outlets: list[Outlet]
) -> None:
    caller = client(make.user(office, **who))
    whole = ElementTree.fromstring(caller.get("/odata/$metadata").data)
    include = whole.find(".//{*}Reference/{*}Include")
    assert include is not None
    assert include.attrib["Namespace"] == "Org.OData.Capabilities.V1"
    for each in whole.iter(f"{EDM}EntitySet"):
        feed, told = FEEDS[each.attrib["Name"]], capabilities(each)
        kept = told["SortRestrictions"]["NonSortableProperties"]
        assert told == CAPABILITIES | {"SortRestrictions": {"Sortable": True, "NonSortableProperties": kept}}
        path = f"/odata/{feed.name}"
        refused = [
            held.name
            for held in feed.properties
            if caller.get(f"{path}?$top=1&$orderby={held.name} desc").status_code == 501
        ]
        assert refused == kept
        for option, status in (("$top=1&$skip=1&$count=true", 200), ("$expand=x", 501), ("$search=x", 501)):
            assert caller.get(f"{path}?{option}").status_code == status
        assert caller.get(f"{path}/$count").status_code == 200
        assert caller.post(path).status_code == 405
    container = whole.find(f".//{EDM}EntityContainer")
    assert container is not None
    functions = capabilities(container).pop("FilterFunctions")
    asked = {
        "concat": "concat(code,name) eq 'x'",
        "now": "cooperation_since lt date(now())",
        "date": "cooperation_since lt date(now())",
        "substring": "substring(code,1) eq 'x'",
        "indexof": "indexof(code,'x') eq 1",
        "length": "length(code) eq 1",
        **{name: f"{name}(code,'x')" for name in ("contains", "startswith", "endswith")},
        **{name: f"{name}(code) eq 'x'" for name in ("tolower", "toupper", "trim")},
        **{name: f"{name}(cooperation_since) eq 1" for name in ("year", "month", "day")},
        **{name: f"star eq {name}(now())" for name in ("hour", "minute", "second")},
        **{name: f"star {name} 2 eq 1" for name in ("add", "sub", "mul", "div", "mod")},
        **{name: f"star {name} 2" for name in ("eq", "ne", "gt", "ge", "lt", "le")},
        **{name: f"star eq 1 {name} star eq 2" for name in ("and", "or")},
        "not": "not (star eq 1)",
        "in": "star in (1,2)",
    }
    assert functions == sorted(asked)
    for written in asked.values():
        assert caller.get("/odata/Outlets", query_string={"$filter": written}).status_code == 200


def test_a_client_that_we_did_not_write_reads_what_may_be_asked(caller: make.Caller) -> None:
    container = EdmEnabledODataClient("http://localhost/odata", Wire(caller)).get_edm().entity_container
    answers = container.get_entity_set("Answers")
    assert {each.term for each in answers.annotations} == {
        f"Org.OData.Capabilities.V1.{term}" for term in CAPABILITIES
    }
    sorting = answers.get_annotation_value("Org.OData.Capabilities.V1.SortRestrictions")
    kept = next(each.value for each in sorting.property_values if each.property == "NonSortableProperties")
    assert len(kept.items) == len(ANSWERS.late)


def test_next_links_keep_the_instant_of_the_first_page(
    office: Office, caller: make.Caller, outlets: list[Outlet], clock: Any
) -> None:
    with office.work() as work:
        for turn, each in enumerate(outlets):
            kept = work.session.get_one(Outlet, each.id)
            kept.cooperation_since = (clock.now + timedelta(days=turn % 2)).date()
    path = "/odata/Outlets?$filter=cooperation_since le date(now())&$select=code"
    many = {"Prefer": "maxpagesize=4"}
    first = caller.get(path, headers=many).get_json()
    clock.forward(hours=48)
    parts = urlsplit(first["@odata.nextLink"])
    second = caller.get(f"{parts.path}?{parts.query}", headers=many).get_json()
    assert len(first["value"] + second["value"]) == 6
    assert "@odata.nextLink" not in second
    assert len(values(caller.get(path))) == 12
    assert "now=" not in caller.get("/odata/Outlets", headers=many).get_json()["@odata.nextLink"]
    assert caller.get(f"{path}&now=x").status_code == 400


def test_a_set_says_what_it_is_and_leads_on_until_it_is_read(caller: make.Caller) -> None:
    answer = caller.get("/odata/Outlets?$count=true", headers={"Prefer": "odata.maxpagesize=5"})
    body = answer.get_json()
    assert body["@odata.context"] == "http://localhost/odata/$metadata#Outlets"
    assert body["@odata.count"] == 12
    assert answer.content_type.startswith("application/json;odata.metadata=minimal")
    assert answer.headers["OData-Version"] == "4.0"
    found, pages = list(body["value"]), 1
    while following := body.get("@odata.nextLink"):
        parts = urlsplit(following)
        body = caller.get(f"{parts.path}?{parts.query}", headers={"Prefer": "odata.maxpagesize=5"}).get_json()
        found, pages = found + body["value"], pages + 1
    assert pages == 3
    assert len({row["outlet_id"] for row in found}) == len(found) == 12


def test_top_counts_over_all_pages_and_skip_only_at_the_first(caller: make.Caller) -> None:
    wanted = [row["code"] for row in values(caller.get("/odata/Outlets"))][3:10]
    for order in ("", "&$orderby=outlet_code"):
        assert order == "" or caller.get(f"/odata/Outlets?$top=1{order}").status_code == 400
    body = caller.get("/odata/Outlets?$skip=3&$top=7", headers={"Prefer": "maxpagesize=3"}).get_json()
    found = body["value"]
    while following := body.get("@odata.nextLink"):
        assert "$skip=" not in unquote(following)
        parts = urlsplit(following)
        body = caller.get(f"{parts.path}?{parts.query}", headers={"Prefer": "maxpagesize=3"}).get_json()
        found += body["value"]
    assert [row["code"] for row in found] == wanted
    assert "@odata.nextLink" not in caller.get("/odata/Outlets?$top=0").get_json()


def test_an_order_goes_through_all_pages(caller: make.Caller) -> None:
    body = caller.get(
        "/odata/Outlets?$orderby=star desc,code", headers={"Prefer": "maxpagesize=5"}
    ).get_json()
    found = body["value"]
    while following := body.get("@odata.nextLink"):
        parts = urlsplit(following)
        body = caller.get(f"{parts.path}?{parts.query}", headers={"Prefer": "maxpagesize=5"}).get_json()
        found += body["value"]
    assert found == sorted(found, key=lambda row: (-(row["star"] or 0), row["code"]))


def test_a_page_is_packed_for_who_takes_it_so(caller: make.Caller) -> None:
    plain = caller.get("/odata/Outlets")
    packed = caller.get("/odata/Outlets", headers={"Accept-Encoding": "gzip, deflate"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"]
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) == packed.content_length < len(plain.data)
    assert "Content-Encoding" not in plain.headers


def test_the_service_is_found_without_its_slash_and_by_head(caller: make.Caller) -> None:
    asked = {
        "Accept": "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
        "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/json;q=0.7,text/plain;q=0.7",
        "OData-MaxVersion": "4.0",
    }
    whole = caller.get("/odata/", headers=asked)
    assert caller.get("/odata", headers=asked).data == whole.data
    for path in ("/odata", "/odata/", "/odata/$metadata", "/odata/Outlets", "/odata/Outlets/$count"):
        answer = caller.call("HEAD", path, headers=asked)
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["OData-Version"] == "4.0"


def test_select_gives_what_was_asked_for(caller: make.Caller) -> None:
    body = caller.get("/odata/Outlets?$select=code,star&$top=1").get_json()
    assert body["@odata.context"].endswith("#Outlets(code,star)")
    assert list(body["value"][0]) == ["code", "star"]


@pytest.mark.parametrize(
    ("asked", "level"),
    [
        ("application/json;odata.metadata=none", "none"),
        ("application/json;odata.metadata=full", "full"),
        ("application/json;metadata=minimal", "minimal"),
        ("*/*", "minimal"),
    ],
)
def test_more_or_less_metadata_is_tolerated(asked: str, level: str, caller: make.Caller) -> None:
    for answer in (
        caller.get("/odata/Outlets?$top=1", headers={"Accept": asked}),
        caller.get("/odata/Outlets", query_string={"$format": asked, "$top": "1"}),
    ):
        assert f"odata.metadata={level}" in answer.content_type
        assert ("@odata.context" in answer.get_json()) == (level != "none")


def test_figures_have_the_latest_round_and_a_key_of_three(
    office: Office, caller: make.Caller, clock: Any
) -> None:
    with office.work() as work:
        work.session.add(
            PeriodRow(
                code="2026-10",
                kind="month",
                state=PeriodState.PUBLISHED,
                round=2,
                rules_version=1,
                drafted_at=clock.now,
                changed_at=clock.now,
            )
        )
        for round_, value in ((1, "80"), (2, "263/3")):
            work.session.add(
                Figure(
                    period="2026-10",
                    round=round_,
                    until=round_,
                    subject="sx/ty/",
                    code="window",
                    value=value,
                    hundredths=8767 if round_ == 2 else 8000,
                    rank=1,
                    of=11,
                    explanation=b"",
                )
            )
    (row,) = values(caller.get("/odata/Figures?$filter=period eq '2026-10' and number gt 87.66"))
    assert (row["value"], row["number"], row["round"], row["period_state"]) == (
        "263/3",
        87.666667,
        2,
        "published",
    )
    one = caller.get("/odata/Figures(period='2026-10',subject='sx/ty/',figure='window')").get_json()
    assert one["@odata.context"].endswith("$metadata#Figures/$entity")
    assert {name: one[name] for name in row} == row
    assert [each.name for each in FIGURES.properties] == list(row)


def test_rates_that_two_places_cannot_tell_apart_are_filtered_ordered_and_shown_apart(
    office: Office, client: Client, clock: Any
) -> None:
    caller = client(Role.HQ)
    for name in "012345":
        make.unit(office, "sx", name)
    texts = {"377/395": 95, "125/132": 95, "19/20": 95, "1": 100, None: None, "P1": None}
    with office.work() as work:
        work.session.add(
            PeriodRow(
                code="2026-10",
                kind="month",
                state=PeriodState.PUBLISHED,
                round=1,
                rules_version=1,
                drafted_at=clock.now,
                changed_at=clock.now,
            )
        )
        for turn, (text, hundredths) in enumerate(texts.items()):
            work.session.add(
                Figure(
                    period="2026-10",
                    round=1,
                    subject=f"sx/{turn}/",
                    code="csat_hall",
                    value=text,
                    hundredths=hundredths,
                    rank=1,
                    explanation=b"",
                )
            )
    path = "/odata/Figures?$orderby=number&$filter="
    assert [row["number"] for row in values(caller.get(path + "number gt 0.95"))] == [0.95443, 1]
    assert [row["value"] for row in values(caller.get(path + "number le 0.95"))] == ["125/132", "19/20"]
    assert [row["value"] for row in values(caller.get(path + "number eq 0.946970"))] == ["125/132"]
    assert len(values(caller.get(path + "number eq null"))) == 2
    scale = ElementTree.fromstring(caller.get("/odata/$metadata").data).find(
        f".//{EDM}Property[@Name='number']"
    )
    assert scale is not None
    assert scale.get("Scale") == "6"


def test_answers_filter_by_visit_and_by_item_and_are_found_by_their_key(
    office: Office, client: Client
) -> None:
    hall, manager = make.outlet(office), make.user(office, role=Role.AREA_MANAGER, unit_path="sx/")
    visit = accepted(office, manager, hall, kind=VisitKind.AREA_VISIT, state=VisitState.ACCEPTED)
    caller = client(Role.HQ)
    everything = values(caller.get("/odata/Answers"))
    wanted = [row for row in everything if row["result"] == "met" and row["points"] >= 2]
    assert wanted
    assert values(caller.get("/odata/Answers?$filter=result eq 'met' and points ge 2")) == wanted
    assert (
        caller.get("/odata/Answers/$count?$filter=result eq 'met' and points ge 2").data
        == str(len(wanted)).encode()
    )
    one = caller.get(f"/odata/Answers(visit_id={visit.id},item='A-02')").get_json()
    assert (one["value"], one["visit_date"]) == ("412", visit.visit_date.isoformat())
    assert caller.get(f"/odata/Answers(visit_id={visit.id},item='Z-99')").status_code == 404
    assert caller.get("/odata/Answers?$orderby=result").status_code == 501
    submitted.visit(office, manager, hall, kind=VisitKind.AREA_VISIT)
    assert values(caller.get("/odata/Answers")) == everything


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("$filter=star gt", 400),
        ("$filter=nothing eq 1", 400),
        ("$filter=star eq 'x'", 400),
        ("$filter=", 400),
        ("$filter=round(star) eq 1", 501),
        ("$filter=star div 0 eq 1", 400),
        ("$filter=concat(name,'a') eq 'x'", 200),
        ("$filter=code eq 'a'; DROP TABLE outlet --'", 400),
        ("$orderby=nothing", 400),
        ("$select=nothing", 400),
        ("$top=-1", 400),
        ("$top=a", 400),
        ("$skip=999999999", 501),
        ("$count=perhaps", 400),
        ("$skiptoken=x", 400),
        ("$nothing=1", 400),
        ("$top=1&$top=2", 400),
        ("$expand=visits", 501),
        ("$search=x", 501),
        ("$apply=aggregate(star)", 501),
        ("$compute=1", 501),
        ("$format=atom", 501),
        ("lang=en&unknown=1", 200),
    ],
)
def test_what_cannot_be_asked_is_refused_in_odatas_form(query: str, status: int, caller: make.Caller) -> None:
    answer = caller.get(f"/odata/Outlets?{query}")
    assert answer.status_code == status
    assert answer.headers["OData-Version"] == "4.0"
    if status != 200:
        error = answer.get_json()["error"]
        assert error["code"] and error["message"]  # noqa: PT018
        assert "{" not in error["message"]


def test_errors_of_every_kind_have_odatas_form(caller: make.Caller, client: Client) -> None:
    for answer, status in (
        (client().get("/odata/"), 401),
        (client(Role.SHOPPER).get("/odata/"), 403),
        (caller.get("/odata/Nothing"), 404),
        (caller.get(f"/odata/Outlets({UUID(int=1)})"), 404),
        (caller.post("/odata/Outlets"), 405),
        (caller.get("/odata/Outlets(1)"), 400),
    ):
        assert answer.status_code == status
        assert answer.mimetype == "application/json"
        assert set(answer.get_json()["error"]) == {"code", "message"}


def test_what_is_wrong_is_said_in_the_users_language(caller: make.Caller) -> None:
    said = caller.get("/odata/Outlets?$filter=nothing eq 1&lang=en").get_json()["error"]["message"]
    assert said == "$filter: Outlets has no property nothing."


@given(text=st.text(max_size=40) | st.text("() ',.0123456789abcdeqnotrixs'", max_size=30))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("option", ["$filter", "$orderby", "$select", "$skiptoken", "$top"])
def test_no_option_ever_breaks_the_server(option: str, text: str, caller: make.Caller) -> None:
    answer = caller.get("/odata/Outlets", query_string={option: text})
    assert answer.status_code in (200, 400, 422, 501), text


def test_a_text_with_all_the_signs_of_sql_is_a_text(office: Office, caller: make.Caller) -> None:
    made = make.outlet(office, name="'; DELETE FROM outlet; --%_\\")
    found = values(
        caller.get("/odata/Outlets", query_string={"$filter": "name eq '''; DELETE FROM outlet; --%_\\'"})
    )
    assert [row["outlet_id"] for row in found] == [str(made.id)]
    assert caller.get("/odata/Outlets/$count").data == b"13"
