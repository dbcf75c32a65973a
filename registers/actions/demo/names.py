"""Names for people who do not exist: commonest first names, and surnames as an English town has them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

from .terms import DATA


@dataclass(frozen=True)
class Heritage:
    """A background: its surnames, the first names its families choose (empty for any), ethnicity and language."""

    share: float
    ethnicity: str
    language: str
    surnames: tuple[str, ...]
    girls: tuple[str, ...] = ()
    boys: tuple[str, ...] = ()
    keeps_eid: bool = False


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


HERITAGES: Final = (
    Heritage(
        0.74, "WBRI", "English",
        surnames=_words("""
            Ashworth Baker Barlow Bennett Booth Bradshaw Brennan Bright Brook Buckley Burgess Butterworth
            Carter Cartwright Chadwick Clarke Clayton Clegg Coates Cooper Cowley Crossley Curtis Dawson Dean
            Dobson Draper Dyson Eastwood Eccles Elliott Ellis Farrar Fielding Firth Fletcher Foster Fox
            Gibson Goddard Greaves Greenwood Hadfield Haigh Hall Hampson Hardcastle Hargreaves Harper
            Harrison Hartley Haworth Heaton Hibbert Hill Hinchliffe Hobson Holt Hopkins Howarth Hughes Hurst
            Ibbotson Jackson Jagger Jessop Kay Kershaw King Kirk Knowles Lamb Leach Lockwood Lomas Longden
            Marsden Marsh Mellor Milner Mitchell Moorhouse Morley Naylor Newton Nuttall Oldfield Ollerenshaw
            Palmer Parkin Pearson Pickering Platt Plant Pollard Potter Price Ramsden Redfern Renshaw
            Reynolds Rhodes Richards Rigby Rowbottom Royle Salt Schofield Shaw Sidebottom Slater Stafford
            Stansfield Sutcliffe Swift Sykes Taylor Thorpe Tomlinson Turner Wainwright Walker Walton Ward
            Webb Whitehead Whittaker Wilde Wood Woodhead Wragg Wright Yates
        """),
    ),
    Heritage(
        0.09, "APKN", "Urdu",
        surnames=_words("""
            Ahmed Akhtar Ali Anwar Aslam Begum Butt Hussain Iqbal Javed Khan Mahmood Malik Mirza Qureshi
            Rashid Rehman Saleem Shah Sheikh Siddiqui
        """),
        girls=_words("""
            Aisha Zara Fatima Maryam Amina Zainab Hafsa Aaliyah Sara Leila
        """),
        boys=_words("""
            Muhammad Mohammed Mohammad Ibrahim Yusuf Hamza Zain Ali Hassan Omar Ayaan Adam
        """),
        keeps_eid=True,
    ),
    Heritage(
        0.03, "AIND", "Punjabi",
        surnames=_words("""
            Bains Chopra Dhaliwal Gill Grewal Kaur Mistry Patel Rai Sandhu Sharma Sidhu Singh
        """),
        girls=_words("""
            Anaya Maya Amelia Sophia Eva
        """),
        boys=_words("""
            Arjun Rohan Aaron Jay Ryan
        """),
    ),
    Heritage(
        0.04, "WEEU", "Polish",
        surnames=_words("""
            Adamska Czarnecki Dudek Jankowski Kowalczyk Kowal Lewandowski Mazur Nowak Pawlak Sikora Wojcik
            Zielinski
        """),
        girls=_words("""
            Maja Julia Lena Hanna Oliwia Zuzanna Amelia Natalia
        """),
        boys=_words("""
            Jakub Filip Kacper Oskar Adam Alan Nathan
        """),
    ),
    Heritage(
        0.04, "BAFR", "English",
        surnames=_words("""
            Abebe Adeyemi Asante Boateng Chikwanha Danso Eze Mensah Moyo Ncube Nwosu Okafor Okoro Owusu
        """),
        girls=_words("""
            Esther Grace Naomi Hannah Abigail Chloe
        """),
        boys=_words("""
            David Daniel Samuel Joel Emmanuel Joshua
        """),
    ),
    Heritage(
        0.03, "MWBC", "English",
        surnames=_words("""
            Bailey Campbell Francis Gordon Grant Henry James Lewis Morgan Reid Thompson Williams
        """),
    ),
    Heritage(
        0.03, "OYEM", "Arabic",
        surnames=_words("""
            Abdi Ahmadi Al-Amin Farah Haddad Ismail Karimi Mansour Nasser Osman Saleh
        """),
        girls=_words("""
            Aisha Fatima Maryam Amina Leila Sara
        """),
        boys=_words("""
            Mohamed Ibrahim Yusuf Omar Hassan Abdullah
        """),
        keeps_eid=True,
    ),
)  # fmt: skip

STREETS: Final = _words("""
    Ashfield Beech Birchfield Bradwell Brookside Buxton Calver Castleton Church Cressbrook Derwent Edale
    Eyam Froggatt Grindleford Hathersage Holme Hope Litton Longstone Manor Millstone Monsal Nether Oak
    Padley Quarry Riverside School Stanton Station Tideswell Wardlow Wheatley
""")
KINDS_OF_STREET: Final = ("Road", "Street", "Avenue", "Close", "Lane", "Drive")


@cache
def first_names(sex: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Give the commonest first names of a sex, each with the births up to and with it."""
    names, reached, births = [], [], 0.0
    with (DATA / "first_names.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["sex"] == sex:
                births += float(row["births"])
                names.append(row["name"])
                reached.append(births)
    return tuple(names), tuple(reached)


def heritage(rng: Random) -> Heritage:
    """Draw a background."""
    return rng.choices(HERITAGES, weights=[one.share for one in HERITAGES])[0]


def first_name(rng: Random, sex: str, background: Heritage) -> str:
    """Draw a first name that suits a sex and a background."""
    own = background.girls if sex == "F" else background.boys
    if own and rng.random() < 0.85:
        return rng.choice(own)
    names, reached = first_names(sex)
    return rng.choices(names, cum_weights=reached)[0]


def mobile(rng: Random) -> str:
    """Give a mobile number that rings nowhere (Ofcom's range for drama)."""
    return f"07700 900{rng.randrange(1000):03d}"


def landline(rng: Random) -> str:
    """Give a landline number that rings nowhere (Ofcom's range for drama)."""
    return f"01632 960{rng.randrange(1000):03d}"


def address(rng: Random) -> tuple[str, str]:
    """Give an address and a postcode in a town that does not exist."""
    street = f"{rng.choice(STREETS)} {rng.choice(KINDS_OF_STREET)}"
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    postcode = f"ZZ{rng.randrange(1, 10)} {rng.randrange(1, 10)}{rng.choice(letters)}{rng.choice(letters)}"
    return f"{rng.randrange(1, 180)} {street}, Thornbridge", postcode
