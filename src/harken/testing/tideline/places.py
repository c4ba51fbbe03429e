"""Where customers of Tideline meet the company, and where each place leads: one table -> weighted ways per persona.

A way is written `place weight@delay`: `callorder 4@5h` means "phones to order, weight 4, median five hours later".
Without a delay the next place follows within the same visit (the place's own pace). `.` ends the visit.
Some places look the same from outside and differ only in what happened there: `bill` and `bill_shock` are both the
bill in the app, `idcheck` and `idcheck_bad` both the ID check.

The story: in the first half of the period the ID check fails far more often, sends people to the phone, and the
chatbot hands over to an agent more often (see `EARLY`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random

from msgspec import Struct

from harken.testing.people import Persona
from harken.words import SECOND, Micros

SOURCES = ("ads", "store", "web", "app", "messages", "chat", "call_center")
CHANNEL_OF = {"ads": "social", "messages": "message"}  # others: the source's own name
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
STOP = -1


class Place(Struct, kw_only=True):
    """One place, as the person lives it. `feel` is how it makes people feel, -2 to 2."""

    key: str
    touchpoint: str
    source: str
    kind: str  # page, screen or track
    name: str  # of the event; pages and screens: title
    path: str = ""  # web only
    feel: float = 0.0
    pace: int = 60  # median seconds to the next place of the same visit
    heard: float = 0.0  # share of events that tell the emotion
    number: int = 0
    sign_in: bool = False  # only for people with an account
    says: dict[str, str] = {}  # properties that are always the same


# key | touchpoint | source | event | feel, pace in seconds, share that tells an emotion
_PLACES = """
ad_social   | social: Social ad      | ads         | track Ad Clicked network=social               | 0.2 15 0
ad_search   | social: Search ad      | ads         | track Ad Clicked network=search               | 0.2 12 0
question    | social: Social question| ads         | track Question Asked network=social           | -0.2 600 .5
newsletter  | message: Newsletter    | messages    | track Email Opened campaign=newsletter        | 0.2 40 0
visit       | store: Store visit     | store       | track Store Entered                           | 0.7 600 .1
home        | web: Home page         | web         | page Home /                                   | 0.3 35 .01
compare     | web: Compare plans     | web         | page Compare plans /compare                   | 0.2 80 .02
plan        | web: Plan page         | web         | track Plan Viewed /plans/{plan}               | 0.5 90 .02
phone       | web: Phone page        | web         | track Phone Viewed /phones/{phone}            | 0.6 90 .02
calc        | web: Price calculator  | web         | page Price calculator /price-calculator       | -0.2 120 .03
reviews     | web: Reviews           | web         | page Reviews /reviews                         | 0.6 110 .02
prechat     | chat: Sales chat       | chat        | track Chat Ended desk=sales                   | 0.8 300 .9
callsales   | call_center: Sales call| call_center | track Call Ended reason=sales                 | 0.5 420 .9
advice      | store: Store advice    | store       | track Advice Given                            | 1.0 900 .4
basket      | web: Basket            | web         | track Basket Viewed /basket                   | 0.1 60 .02
idcheck     | web: ID check          | web         | track ID Check Finished /checkout/id-check result=passed | 0.1 150 .1
idcheck_bad | web: ID check          | web         | track ID Check Finished /checkout/id-check result=failed | -1.5 150 .5
checkout    | web: Checkout          | web         | page Checkout /checkout                       | -0.3 100 .02
order       | web: Order placed      | web         | track Order Completed /checkout/done          | 1.2 60 .3
reminder    | message: Basket reminder| messages   | track Email Opened campaign=basket_reminder   | -0.2 60 0
callorder   | call_center: Phone order| call_center| track Call Ended reason=order                 | 0.5 540 .9
storeorder  | store: Store order     | store       | track Order Completed                         | 1.3 600 .4
welcome     | message: Welcome email | messages    | track Email Opened campaign=welcome           | 0.8 60 0
sim         | store: SIM delivered   | store       | track SIM Delivered                           | 0.6 60 .1
activation  | message: Activation SMS| messages    | track SMS Delivered campaign=activation       | 0.2 60 0
install     | app: Install app       | app         | track Application Installed                   | 0.4 60 0
signin      | app: First sign-in     | app         | track Signed In                               | -0.5 70 .1
transfer    | app: Number transfer   | app         | screen Number transfer                        | -0.9 200 .2
callsetup   | call_center: Set-up call| call_center| track Call Ended reason=setup                 | -0.3 600 .9
usage       | app: Check usage       | app         | screen Usage                                  | 0.4 25 .02
bill        | app: View bill         | app         | screen Bill                                   | -0.1 45 .04
bill_shock  | app: View bill         | app         | screen Bill                                   | -1.4 60 .3
billmail    | message: Bill email    | messages    | track Email Opened campaign=bill              | -0.1 60 0
billmail_shock | message: Bill email | messages    | track Email Opened campaign=bill              | -1.0 60 0
limit       | message: Limit alert   | messages    | track SMS Delivered campaign=data_limit       | -0.5 60 0
topup       | app: Buy extra data    | app         | track Data Pack Bought                        | 0.3 60 .1
offer       | app: In-app offer      | app         | track Offer Viewed kind=extra                 | 0.5 40 .05
offer_renew | app: Renewal offer     | app         | track Offer Viewed kind=renewal               | 0.6 60 .1
nps         | message: NPS survey    | messages    | track Survey Answered campaign=nps            | 0.1 60 1
account     | web: Account home      | web         | page Account /account                         | 0.1 50 .03
privacy     | web: Privacy choices   | web         | track Segment Consent Preference Updated /account/privacy | 0.0 60 0
help        | web: Help article      | web         | page Help /help/{help}                        | -0.1 90 .1
bot         | chat: Chatbot          | chat        | track Chat Ended desk=bot                     | -0.8 180 .9
agent       | chat: Agent chat       | chat        | track Chat Ended desk=agent                   | 0.6 600 .9
callbill    | call_center: Billing call| call_center| track Call Ended reason=billing              | -0.7 540 .9
support     | call_center: Support call| call_center| track Call Ended reason=support              | -0.4 540 .9
complaint   | call_center: Complaint | call_center | track Call Ended reason=complaint             | -1.7 700 .9
repair      | store: Store repair    | store       | track Device Handed In                        | 0.3 900 .4
renewmail   | message: Renewal email | messages    | track Email Opened campaign=renewal           | 0.2 60 0
retention   | call_center: Retention call| call_center| track Call Ended reason=retention          | 0.1 700 .9
renewed     | web: Renewed           | web         | track Contract Renewed /account/renew         | 1.4 60 .3
cancelled   | web: Cancelled         | web         | track Contract Cancelled /account/cancel      | -1.7 60 .5
"""

_WAYS = """
ad_social:  home 6, plan 4, phone 3, compare 1, . 6
ad_search:  plan 7, compare 4, home 3, phone 3, . 4
question:   plan 2@3h, callsales 1@5h, . 2
newsletter: home 3, plan 2, phone 2, . 12
visit:      advice 7@9m, storeorder 1@20m, home 1@5h, . 1.5
home:       plan 6, compare 5, phone 4, calc 1, basket .5, visit .3@1d, . 4
compare:    plan 8, calc 3, reviews 2, prechat 1@2m, callsales .8@1h, . 3
plan:       basket 6, calc 3, reviews 2.4, compare 2, phone 1.2, plan 1, prechat 1.1@2m, callsales 1@2h, visit .7@1d, question .6@1h, . 3.4
phone:      plan 3.4, basket 2.6, reviews 2, phone 1.4, compare 1, visit .8@1d, prechat .6@2m, . 3
calc:       plan 4, basket 3, compare 1.4, callsales .3@1h, . 3
reviews:    plan 5, phone 1.5, basket 1.4, question .6@20m, . 2.4
prechat:    basket 4@1m, plan 3@1m, callsales 1@1h, . 1
callsales:  callorder 5@20h, plan 2@2h, visit .8@1d, . 2
advice:     storeorder 6@16m, plan 2@4h, basket 1@8h, . 1.4
basket:     idcheck 8, plan 1.4, reminder 2.6@18h, callsales .5@2h, visit .3@1d, . 1.2
idcheck:    checkout 9, reminder .5@18h, . .4
idcheck_bad: idcheck 2.4, callorder 1.0@5h, reminder 1.6@18h, visit .7@1d, bot .8@2m, . 2.6
checkout:   order 9, reminder 1.3@18h, callorder .5@1h, . .8
reminder:   basket 4.4@8m, checkout 1@8m, callsales .5@2h, . 4
order:      welcome 9@3h, sim 1@2d
callorder:  welcome 7@3h, sim 2@2d
storeorder: activation 6@1h, welcome 3@3h, install 1@2h
welcome:    sim 6@36h, install 3@6h
sim:        activation 7@2h, install 1.4@1h, callsetup .8@4h
activation: install 5@1h, signin 3@2h, callsetup .8@4h, usage 1@6h
install:    signin 9, . .4
signin:     transfer 5, usage 4, signin .6, callsetup .8@3h, bot .8@3m
transfer:   usage 5@1d, callsetup 1.6@20h, bot 1@5h, support 1.2@1d, . 2
callsetup:  usage 4@8h, signin 2@1h, transfer 2@2h, complaint .3@1d, . 1
usage:      . 8, bill 2.4, topup .7, offer .5, usage .5, help .2@2m, bot .1@2m
bill:       . 5, usage 2.4, help .5@2m, bot .3@3m, callbill .2@4h
bill_shock: callbill 4.2@4h, bot 2@4m, help 1.4@3m, usage .8, complaint .3@1d, . 1.6
billmail:   bill 6@2h, account 1@2h, usage .6@3h, . 4
billmail_shock: bill_shock 7@1h, callbill 1.6@3h, . .6
limit:      topup 5@20m, usage 2@8m, bot .4@1h, support .4@3h, . 2.6
topup:      usage 2.4, . 6
offer:      topup 1.4, plan .3@1m, phone .5@1m, . 6
offer_renew: renewed 5@3m, retention .4@1d, cancelled .3@1d, . 2
nps:        . 6, usage 1@1d, complaint .15@1d
account:    . 6, help .5, phone .25, plan .25, bot .2@2m, privacy .25
privacy:    . 3, account 1
help:       bot 1.7@2m, support 1.6@1h, usage 1@8m, . 4
bot:        agent 3.2@1m, support 3.8@20m, help .8, bot .5@5m, . 1.6
agent:      . 4, usage 2.4@4h, support .6@5h, repair .6@1d, nps 1@1d
callbill:   . 3.4, usage 2@8h, nps 1@1d, complaint .7@1d, support .4@1d, cancelled .15@3d
support:    . 3.4, usage 3@8h, complaint .7@1d, repair .9@1d, support .9@1d, nps .8@1d, cancelled .12@3d
complaint:  retention 3@1d, support 1@2d, cancelled 1.5@2d, usage .8@1d, . 1
repair:     usage 3@1d, support .6@2d, . 2
renewmail:  renewed 3.2@1d, offer_renew 3@1d, cancelled .8@3d, retention .8@2d, compare .6@2h, . 2.4
retention:  renewed 4@3h, cancelled 2.6@1d
renewed:    . 1
cancelled:  . 1
"""

# What was different in the first half of the period.
EARLY = {
    ("idcheck_bad", "callorder"): 4.6,
    ("idcheck_bad", "."): 1.3,
    ("idcheck_bad", "idcheck"): 0.6,
    ("bot", "agent"): 1.9,
    ("bot", "support"): 0.5,
    ("support", "complaint"): 1.9,
}
ID_CHECK_FAILS = (0.38, 0.14)  # chance in the first half and after it
BILL_SHOCK = 0.13  # chance that a bill is much higher than the one before

# Where people start, come back to after giving up, and come from when they are customers already.
ENTRY = "ad_search 26, ad_social 22, home 18, visit 12, plan 9, newsletter 4, compare 4, callsales 4, phone 3"
RETURN = "plan 5, home 4, ad_search 2.5, ad_social 2, basket 1.2, compare 1, visit 1, callsales .5"

Ways = tuple[list[float], list[int], list[Micros]]  # running sums of weights, place numbers (or STOP), delays (0: pace)


def _place(number: int, line: str) -> Place:
    key, touchpoint, source, event, how = (part.strip() for part in line.split("|"))
    kind, rest = event.split(" ", 1)
    name: list[str] = []
    says: dict[str, str] = {}
    path = ""
    for word in rest.split():
        if "=" in word:
            property, value = word.split("=")
            says[property] = value
        elif word.startswith("/"):
            path = word
        else:
            name.append(word)
    feel, pace, heard = how.split()
    return Place(
        key=key, touchpoint=touchpoint, source=source, kind=kind, name=" ".join(name), path=path, says=says,
        feel=float(feel), pace=int(pace), heard=float(heard), number=number,
        sign_in=source == "web" and path.startswith(("/account", "/checkout")),
    )  # fmt: skip


PLACES: tuple[Place, ...] = tuple(_place(number, line) for number, line in enumerate(_PLACES.strip().splitlines()))
NUMBER: dict[str, int] = {place.key: place.number for place in PLACES}


def seconds(text: str) -> int:
    """`5h` -> 18000."""
    return round(float(text[:-1]) * UNITS[text[-1]])


def _parse(text: str) -> list[tuple[str, float, int]]:
    """`plan 7, callsales 1@2h, . 4` -> [(place, weight, delay in seconds)]."""
    found = []
    for way in text.split(","):
        to, weight = way.split()
        weight, _, delay = weight.partition("@")
        found.append((to, float(weight), seconds(delay) if delay else 0))
    return found


_TABLE = {line.split(":")[0].strip(): _parse(line.split(":")[1]) for line in _WAYS.strip().splitlines()}


def _liking(persona: Persona, to: str) -> float:
    if to == ".":
        return 1.0
    source = PLACES[NUMBER[to]].source
    return persona.channels.get(CHANNEL_OF.get(source, source), 1.0)


def _ways(persona: Persona, start: str, ways: Sequence[tuple[str, float, int]], *, early: bool) -> Ways:
    weights = [
        weight * _liking(persona, to) * (EARLY.get((start, to), 1.0) if early else 1.0) for to, weight, _ in ways
    ]
    return (
        list(accumulate(weights)),
        [STOP if to == "." else NUMBER[to] for to, _, _ in ways],
        [delay * SECOND for _, _, delay in ways],
    )


def ways(persona: Persona, *, early: bool) -> list[Ways]:
    """The ways from every place, in the order of PLACES, for one persona in one half of the period."""
    return [_ways(persona, place.key, _TABLE[place.key], early=early) for place in PLACES]


def starts(persona: Persona, text: str) -> Ways:
    """Where a persona begins: ENTRY or RETURN."""
    return _ways(persona, "", _parse(text), early=False)


def pick(ways: Ways, rng: Random) -> int:
    """Which way is taken: its place in the lists of `ways`."""
    sums = ways[0]
    return bisect_right(sums, rng.random() * sums[-1], 0, len(sums) - 1)
