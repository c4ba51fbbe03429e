"""What Tideline Mobile sells and where, and what its customers are like: plain tables.

Everything is made up. Phone numbers are those the French regulator keeps for fiction, mail addresses end in the
domains reserved for examples. Tideline lives one hour ahead of UTC all year.
"""

from __future__ import annotations

from msgspec import Struct

from harken.testing.people import Persona

ZONE_HOURS = 1  # local time is that much ahead of UTC
SITE = "https://www.tideline.example"


class Plan(Struct, frozen=True):
    """A mobile plan."""

    id: str
    name: str
    price: int  # a month
    topic: str


PLANS = (
    Plan("4701", "SIM only 5 GB", 8, "plans/sim_only"),
    Plan("4702", "SIM only 20 GB", 12, "plans/sim_only"),
    Plan("4711", "Unlimited", 18, "plans/unlimited"),
    Plan("4712", "Unlimited Plus", 26, "plans/unlimited"),
    Plan("4720", "Family Share", 35, "plans/family"),
    Plan("4721", "Kids", 6, "plans/family"),
    Plan("4730", "Student 50 GB", 10, "plans/student"),
    Plan("4740", "Business Starter", 25, "plans/business"),
    Plan("4741", "Business Pro", 45, "plans/business"),
    Plan("4750", "Senior Talk", 9, "plans/senior"),
    Plan("4760", "Travel World", 22, "plans/travel"),
    Plan("4770", "5G Home", 30, "plans/home"),
)


class Phone(Struct, frozen=True):
    """A phone in the shop."""

    id: str
    name: str
    price: int
    topic: str


PHONES = (
    Phone("p10", "Pixel 12", 699, "phones/android/pixel"),
    Phone("p11", "Pixel 12a", 449, "phones/android/pixel"),
    Phone("g20", "Galaxy S28", 799, "phones/android/galaxy"),
    Phone("g21", "Galaxy A58", 329, "phones/android/galaxy"),
    Phone("i30", "iPhone 18", 899, "phones/apple/iphone"),
    Phone("i31", "iPhone 18 Pro", 1199, "phones/apple/iphone"),
    Phone("f40", "Fairphone 7", 599, "phones/android/fairphone"),
    Phone("s50", "Simple Flip", 89, "phones/simple"),
)

HELP = (
    ("understand-your-bill", "help/billing"),
    ("roaming-charges", "help/billing"),
    ("slow-internet", "help/network"),
    ("no-signal", "help/network"),
    ("activate-sim", "help/setup"),
    ("move-your-number", "help/setup"),
    ("id-check", "help/setup"),
    ("broken-screen", "help/device"),
)
HELP_FOR = {"billing": (0, 1), "network": (2, 3), "setup": (4, 5), "id_check": (6,), "device": (7,)}

CITIES = (
    "Paris", "Lyon", "Marseille", "Lille", "Nantes", "Toulouse", "Rennes", "Bordeaux", "Nice", "Dijon", "Metz", "Brest",
)  # fmt: skip
TERMINALS = tuple(f"terminal-{city.lower()}" for city in CITIES)  # the tablets of the sales desks

FIRST_NAMES = (
    "Ada", "Adam", "Aisha", "Alba", "Alice", "Amara", "Amir", "Ana", "Anouk", "Anton", "Ben", "Bianca", "Boris",
    "Camille", "Carla", "Chidi", "Chloe", "Clara", "Dana", "Daniel", "Diego", "Dora", "Edith", "Elena", "Elias", "Emil",
    "Emma", "Esra", "Eva", "Fatou", "Felix", "Fiona", "Gita", "Grace", "Hana", "Hugo", "Ida", "Ines", "Ivan", "Jade",
    "Jan", "Jonas", "Jules", "Kaya", "Kenji", "Lea", "Leo", "Lina", "Louis", "Lucia", "Malik", "Manon", "Marta", "Mei",
    "Mila", "Mira", "Nadia", "Nina", "Noah", "Nora", "Olga", "Omar", "Oscar", "Paul", "Petra", "Priya", "Rania", "Remy",
    "Rosa", "Ruben", "Sami", "Sara", "Sofia", "Sven", "Tara", "Theo", "Tomas", "Uma", "Vera", "Victor", "Yara", "Yusuf",
    "Zoe", "Zofia",
)  # fmt: skip
LAST_NAMES = (
    "Abadi", "Adler", "Almeida", "Andersen", "Arnaud", "Bakker", "Barros", "Bauer", "Becker", "Benali", "Berger",
    "Blanc", "Boateng", "Bonnet", "Brandt", "Carvalho", "Castel", "Chen", "Costa", "Cruz", "Dahl", "Diallo", "Dubois",
    "Dumas", "Ekström", "Farkas", "Faure", "Ferrari", "Fischer", "Fontaine", "Garnier", "Girard", "Gomez", "Haddad",
    "Hansen", "Horvat", "Ito", "Jansen", "Kaya", "Keller", "Khan", "Kovacs", "Laurent", "Lefevre", "Lindqvist", "Lopez",
    "Maier", "Marchand", "Marino", "Martin", "Mensah", "Meyer", "Moreau", "Müller", "Navarro", "Nguyen", "Nowak",
    "Okafor", "Olsen", "Park", "Pereira", "Perrin", "Petit", "Ricci", "Rossi", "Roux", "Santos", "Sato", "Schmidt",
    "Silva", "Simon", "Singh", "Sorel", "Tanaka", "Toure", "Vasquez", "Vidal", "Weber", "Wolf", "Yilmaz", "Zeman",
)  # fmt: skip

PERSONAS = (
    Persona(
        id="bargain_hunter", share=0.16, customer=0.35, app=0.75, visits=3.2, laptop=0.6, loyalty=0.3, newsletter=0.6,
        price=1.0, patience=0.61, warmth=-0.1, hours=(8, 24), born=(1970, 2004),
        channels={"web": 1.2, "social": 1.3, "call_center": 0.7, "store": 0.7},
        likes={"plans/sim_only": 0.9, "plans/unlimited": 0.4, "phones/android": 0.4, "extras": 0.3},
        open={"offer": 0.5, "tip": 0.0, "service": 0.2},
    ),
    Persona(
        id="family_organizer", share=0.14, customer=0.5, app=0.8, visits=3.8, laptop=0.6, loyalty=0.6, newsletter=0.5,
        price=0.7, patience=0.56, warmth=0.1, hours=(7, 23), born=(1974, 1992),
        channels={"store": 1.4, "message": 1.2},
        likes={"plans/family": 1.0, "plans/home": 0.5, "phones/android/galaxy": 0.4, "help": 0.2},
        open={"offer": 0.1, "tip": 0.4, "service": 0.5},
    ),
    Persona(
        id="tech_enthusiast", share=0.12, customer=0.45, app=0.95, visits=6.1, laptop=0.8, loyalty=0.2, newsletter=0.4,
        price=0.4, patience=0.46, warmth=0.2, hours=(9, 24), born=(1982, 2004),
        channels={"app": 1.4, "web": 1.2, "call_center": 0.4, "store": 0.6, "chat": 1.3},
        likes={"phones": 0.9, "plans/unlimited": 0.8, "extras": 0.5},
        open={"offer": 0.3, "tip": 0.6, "service": 0.1},
    ),
    Persona(
        id="cautious_senior", share=0.12, customer=0.55, app=0.35, visits=1.4, laptop=0.5, loyalty=0.7, newsletter=0.3,
        price=0.6, patience=0.41, warmth=0.1, hours=(8, 20), born=(1938, 1962),
        channels={"store": 2.0, "call_center": 2.0, "app": 0.4, "chat": 0.4, "social": 0.4},
        likes={"plans/senior": 1.0, "phones/simple": 0.8, "help": 0.4},
        open={"offer": -0.4, "tip": 0.1, "service": 0.9},
    ),
    Persona(
        id="student", share=0.14, customer=0.35, app=0.92, visits=5.0, laptop=0.7, loyalty=0.1, newsletter=0.2,
        price=0.9, patience=0.56, warmth=0.0, hours=(10, 24), born=(1999, 2008),
        channels={"social": 1.8, "app": 1.3, "chat": 1.6, "call_center": 0.3, "store": 0.5},
        likes={"plans/student": 1.0, "phones/android/pixel": 0.5, "extras/data": 0.7},
        open={"offer": 0.4, "tip": 0.2, "service": 0.0},
    ),
    Persona(
        id="business_owner", share=0.09, customer=0.5, app=0.8, visits=3.6, laptop=0.95, loyalty=0.2, newsletter=0.35,
        price=0.3, patience=0.36, warmth=-0.1, hours=(7, 21), born=(1965, 1995),
        channels={"call_center": 1.6, "message": 1.3, "social": 0.6},
        likes={"plans/business": 1.0, "phones/apple": 0.6, "plans/travel": 0.4},
        open={"offer": -0.2, "tip": 0.0, "service": 0.8},
    ),
    Persona(
        id="newcomer", share=0.11, customer=0.2, app=0.85, visits=4.1, laptop=0.3, loyalty=0.2, newsletter=0.2,
        price=0.7, patience=0.66, warmth=0.0, hours=(8, 23), born=(1980, 2003),
        channels={"store": 1.2, "chat": 1.5, "social": 1.2},
        likes={"plans/travel": 0.9, "plans/sim_only": 0.6, "phones/android": 0.5, "help": 0.5},
        open={"offer": 0.1, "tip": 0.5, "service": 0.6},
    ),
    Persona(
        id="quiet_regular", share=0.12, customer=0.75, app=0.6, visits=2.1, laptop=0.6, loyalty=0.3, newsletter=0.3,
        price=0.5, patience=0.46, warmth=0.2, hours=(8, 22), born=(1955, 1998),
        channels={"message": 1.1, "chat": 0.6},
        likes={"plans/unlimited": 0.3, "plans/sim_only": 0.3},
        open={"offer": -0.8, "tip": -0.2, "service": 0.2},
    ),
)  # fmt: skip
