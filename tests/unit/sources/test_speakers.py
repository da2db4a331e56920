"""Which side a label stands for."""

import pytest

from pipeline.config import Source
from pipeline.sources.speakers import name_sides

CHAT = Source(kind="chat", path="x", agents=("Robo",), customers=("Agent Smith",))


@pytest.mark.parametrize(
    ("label", "side"),
    [
        ("Agent", "agent"), ("AGENT 2", "agent"), ("Support", "agent"), ("assistant", "agent"),
        ("Maria (Agent)", "agent"), ("Customer Service", "agent"), ("Customer care", "agent"),
        ("Operator", "agent"), ("robo", "agent"), ("Kundin", "customer"), ("Caller", "customer"),
        ("user", "customer"), ("Customer (practice manager)", "customer"),
        ("passenger 1", "customer"), ("agent smith", "customer"), ("Ann", "unknown"),
        ("SPEAKER_00", "unknown"), ("C-014", "customer"), ("Lopez", "agent"),
        ("123", "unknown"), ("Atención al cliente", "agent"), ("Servicio al Cliente", "agent"),
        ("Atendimento ao cliente", "agent"), ("Kundenservice", "agent"), ("Soporte", "agent"),
        ("Vendeuse", "agent"), ("Anruferin", "customer"), ("Clienta", "customer"),
        ("Acheteur", "customer"), ("Atención", "unknown"),
    ],
)  # fmt: skip
def test_label_stands_for_its_side(label, side):
    assert name_sides([label], CHAT, ["Maria Lopez"], "C-014")[label] == side


def test_beside_staff_the_others_are_customers():
    assert name_sides(["Ann", "Rep"], CHAT) == {"Ann": "customer", "Rep": "agent"}


def test_beside_a_customer_others_stay_unknown():
    assert name_sides(["Ann", "Caller"], CHAT) == {"Ann": "unknown", "Caller": "customer"}


@pytest.mark.parametrize("label", ["action", "Event", "Automated notification"])
def test_lines_that_a_program_wrote_are_no_customers(label):
    sides = name_sides(["agent", "customer", label], CHAT)
    assert sides == {"agent": "agent", "customer": "customer", label: "unknown"}
