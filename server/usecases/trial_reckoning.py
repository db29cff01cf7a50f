"""Outlets under two rule sets: stars and classes, after composites, as they stand and as the tried rules make them; nothing is stored.

Before: the figures of the period as they are stored; where none are, they are reckoned with the rules of its first day.
After: what hangs on nothing that differs is taken as it is; the rest is made from what is kept beside the stored figures where
that has all that the tried rules ask for, else from visits and inputs (`domain/trial_narrowing.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from server.domain import star_basis, stars, stored_ratings
from server.domain.figure_parts import StarParts, hall_by
from server.domain.star_basis import HallParts
from server.domain.trial_narrowing import Ground as From
from server.domain.trial_narrowing import classes_from, halls_weighed, stars_from
from server.queries import star_reckoning, stored_figures
from server.queries.reckoning import AGENTS, Place
from server.queries.star_reckoning import Known
from server.usecases import trial_composites
from server.usecases.trial_portion import Half, Portion, exact, tell


def reckon(connection: sa.Connection, of: Portion) -> None:
    """Put composites, stars and classes into both sides."""
    trial_composites.reckon(connection, of)
    if of.grounds.period.kind != "month":
        _rating(connection, of)


def _rating(connection: sa.Connection, of: Portion) -> None:
    whole, period = of.grounds.whole, of.grounds.period
    every = list(of.there[whole.code].values())
    if whole.number is None:
        _rated(connection, of, of.before, every, every)
    else:
        _stored(connection, of)
    tried, own = of.grounds.rules, whole.rules
    moved = _moved(of)
    by = {
        (agent, moves): stars_from(own, tried, period, agent=agent, moved=moves)
        for agent, moves in ((True, True), (True, False), (False, False))
    }
    new_classes = classes_from(own, tried, period)
    rated: list[Place] = []
    classed: list[Place] = []
    told_stars: list[Place] = []
    told_classes: list[Place] = []
    for place in every:
        name, agent = str(place.outlet), place.tier in AGENTS
        stars_ = by[agent, agent and name in moved]
        classes = new_classes if agent else From.STORED
        if of.full or (whole.number is None and stars_ is not From.STORED):
            stars_ = From.FACTS
        if of.full or (whole.number is None and classes is not From.STORED):
            classes = From.FACTS
        if stars_ is From.FACTS:
            rated.append(place)
        else:
            told_stars.append(place)
            if stars_ is From.STORED:
                of.after.stars[name] = of.before.stars.get(name)
                of.after.bases[name] = of.before.bases.get(name)
                if name in of.before.standings:
                    of.after.standings[name] = of.before.standings[name]
        if classes is From.FACTS:
            classed.append(place)
        elif classes is From.EXPLAINED:
            told_classes.append(place)
        elif name in of.before.classes:
            of.after.classes[name] = of.before.classes[name]
    if whole.number is not None and tried.stars.period == period.kind:
        rated += _stars_again(connection, of, told_stars, moved)
    if whole.number is not None and tried.classes.period == period.kind and told_classes:
        classed += _classes_again(connection, of, told_classes)
    if rated or classed:
        _rated(connection, of, of.after, rated, classed)


def _moved(of: Portion) -> set[str]:
    """The outlets some of whose composites differ."""
    one, two = of.before.composites, of.after.composites
    return {
        name
        for code in of.grounds.codes
        if one[code] is not two[code]
        for name, value in two[code].items()
        if value != one[code].get(name)
    }


def _stored(connection: sa.Connection, of: Portion) -> None:
    whole, half = of.grounds.whole, of.before
    names = [str(outlet) for outlet in of.there[whole.code]]
    codes = ["star", "star-basis", "outlet-class"]
    for name, code, value, hundredths in stored_figures.values(
        connection, whole.code, whole.number or 0, codes, names
    ):
        if code == "star":
            half.stars[name] = None if value is None else int(value)
        elif code == "star-basis":
            half.bases[name] = hundredths
        elif value is not None:
            half.classes[name] = value


def _stars_again(
    connection: sa.Connection, of: Portion, places: Sequence[Place], moved: set[str]
) -> list[Place]:
    """Rate from stored parts; returns those to be rated that have none."""
    whole, period, rules = of.grounds.whole, of.grounds.period, of.grounds.rules
    same = whole.rules.stars == rules.stars and whole.rules.vetoes == rules.vetoes
    same_basis = whole.rules.stars.rated_months_percent == rules.stars.rated_months_percent
    same_halls = halls_weighed(whole.rules) == halls_weighed(rules)
    hall = hall_by(rules.stars.own_hall, rules.composite)
    by_name = {str(place.outlet): place for place in places}
    months = [month.code for month in period.split("month")]
    left = dict(by_name)
    for name, kept in stored_figures.parts(connection, whole.code, whole.number or 0, "star", list(by_name)):
        place, parts = by_name[name], StarParts(*kept)
        agent = place.tier in AGENTS
        if agent and (name in moved or not same_basis):
            spells = {month: exact(of.after.composites.get(month, {}).get(name)) for month in months}
            basis = star_basis.agent(spells, rules.stars, rules.version).value
        elif agent or same_halls:
            spells = {code: stored_ratings.figure(value) for code, value in parts.spells.items()}
            basis = stored_ratings.figure(parts.basis)
        elif parts.halls is None:
            continue
        else:
            bases = {code: exact(hall(HallParts(*each))) for code, each in parts.halls.items()}
            spells = {code: bases[code] for code in parts.spells}
            basis = bases[period.code]
        vetoes = star_reckoning.vetoes_of(
            of.grounds.past.star_vetoes.get(place.outlet, ()), period, rules, of.grounds.past.published
        )
        reached = of.reached.get(name, ())
        standing = stored_ratings.standing_of(
            parts, basis, spells, vetoes, place.star, reached, place.since, agent=agent
        )
        del left[name]
        of.after.standings[name] = standing
        if not same or name in moved or not (agent or same_halls):
            _give(of.after, name, standing, stars.rate(standing, period, rules.stars, rules.version))
    # Whose star nothing moves keeps it.
    return [
        place
        for name, place in left.items()
        if not same or name in moved or not (place.tier in AGENTS or same_halls)
    ]


def _classes_again(connection: sa.Connection, of: Portion, places: Sequence[Place]) -> list[Place]:
    whole, rules = of.grounds.whole, of.grounds.rules
    left = {str(place.outlet): place for place in places}
    for name, told in stored_figures.told(
        connection, whole.code, whole.number or 0, "outlet-class", list(left)
    ):
        place = left.pop(name)
        of.after.classes[name] = stored_ratings.class_again(
            told, place.tier, place.setting, rules.classes, rules.version
        )
    return list(left.values())


def _rated(
    connection: sa.Connection, of: Portion, half: Half, rated: Sequence[Place], classed: Sequence[Place]
) -> None:
    """Rate, and set the classes of, outlets from their visits and inputs, as far as the period brings either."""
    whole, period = of.grounds.whole, of.grounds.period
    rules, past = half.rules[period.code], of.grounds.past
    stars_ = {place.outlet for place in rated} if rules.stars.period == period.kind else set()
    classes = (
        {place.outlet for place in classed if place.tier in AGENTS}
        if rules.classes.period == period.kind
        else set()
    )
    places = [
        place for outlet, place in of.there[whole.code].items() if outlet in stars_ or outlet in classes
    ]
    if not places:
        return
    ground = whole.source.of_outlets(connection, places, period.first, period.after, star_reckoning.KINDS)
    composites = {
        str(place.outlet): {
            code: exact(half.composites[code].get(str(place.outlet))) for code in of.grounds.codes
        }
        for place in places
    }
    known = Known(composites, of.reached, whole.source.at, past.published)
    for facts in star_reckoning.outlet_facts(connection, period, rules, ground, known):
        outlet, name = facts.place.outlet, str(facts.place.outlet)
        if outlet in stars_:
            standing, basis = star_reckoning.standing_of(period, rules, facts)
            rating = stars.rate(standing, period, rules.stars, rules.version)
            half.standings[name] = standing
            _give(half, name, standing, rating)
            if name == of.about:
                why = star_reckoning.whole(rating, basis, facts, rules)
                tell(half, name, of.about, period.code, "star", why)
        if outlet in classes:
            half.classes[name], why = star_reckoning.class_of(period, rules, facts)
            tell(half, name, of.about, period.code, "outlet-class", why)


def _give(half: Half, name: str, standing: stars.Standing, rating: stars.Rating) -> None:
    half.stars[name] = rating.star
    half.bases[name] = None if standing.basis is None else int(standing.basis * 100)
