"""Labels of speakers → customer, agent or unknown."""

import re
from collections.abc import Iterable, Mapping

from pipeline.config import Source

CUSTOMER, AGENT, UNKNOWN = "customer", "agent", "unknown"

_STAFF_WORDS = """
    agent agents support csm rep reps representative advisor advisers adviser operator assistant
    sales seller ae sdr bdr helpdesk service success interviewer moderator facilitator bot chatbot
    ivr dispatcher receptionist onboarding agente conseiller conseillère téléconseiller vendeur
    vendeuse berater beraterin kundenservice kundendienst kundenberater kundenberaterin
    kundenbetreuer kundenbetreuerin kundenbetreuung sachbearbeiter sachbearbeiterin verkäufer
    verkäuferin mitarbeiter mitarbeiterin soporte asesor asesora vendedor vendedora recepcionista
    operadora atendente suporte operatore operatrice medewerker klantenservice
"""
_STAFF = frozenset(_STAFF_WORDS.split())
_STAFF_ALONE_WORDS = """
    staff employee consultant specialist engineer technician manager host system desk care team
    clerk trainer presenter teller associate supervisor us
"""
_STAFF_ALONE = frozenset(_STAFF_ALONE_WORDS.split())
"""Staff when nothing else is said; beside other words they may be a customer's own job."""
_DESKS_WORDS = "atención atencion servicio atendimento assistenza servizio betreuung"
_DESKS = frozenset(_DESKS_WORDS.split())
"""Staff beside a word for customers ("Atención al cliente"); alone it may head a note."""
_MACHINES_WORDS = """
    action actions event events log logs info information notification notifications note notes
    automatic automated automation workflow tool function recording announcement
"""
_MACHINES = frozenset(_MACHINES_WORDS.split())
"""What a program or a file writes between the turns: nobody's words, and no customer's."""
_CUSTOMERS_WORDS = """
    customer customers caller client user guest passenger buyer prospect member patient
    subscriber tenant shopper traveller traveler visitor consumer respondent participant
    interviewee reviewer applicant policyholder cliente clienta comprador compradora usuario
    usuaria kunde kundin käufer käuferin anrufer anruferin acheteur acheteuse utente klant
"""
_CUSTOMERS = frozenset(_CUSTOMERS_WORDS.split())
_NOBODY = frozenset({"quoted", "speaker", "unknown", "anonymous", "unnamed", "person", "voice"})
_MOST_DIGITS = 3
"""More beside a word for a side are a number of that person's, such as a phone's."""
_WORD = re.compile(r"[^\W\d_]+")


def words_of(label: str) -> frozenset[str]:
    """Return the words of a label, without case, numbers and punctuation."""
    return frozenset(_WORD.findall(label.casefold()))


def is_known_label(label: str) -> bool:
    """Tell whether a label is one of the usual words for a side, as in `Agent 2`."""
    words = words_of(label)
    return bool(words & (_STAFF | _CUSTOMERS)) or (bool(words) and words <= _STAFF_ALONE)


def is_role(label: str) -> bool:
    """Tell whether a label names nobody: words for a side or for not knowing, as in `Guest 2`."""
    words = words_of(label)
    n_digits = sum(c.isdigit() for c in label)
    known = _STAFF | _STAFF_ALONE | _CUSTOMERS | _NOBODY | _MACHINES
    return bool(words) and words <= known and n_digits <= _MOST_DIGITS


def name_sides(
    labels: Iterable[str], source: Source, agents: Iterable[str] = (), customer: str = ""
) -> Mapping[str, str]:
    """Return customer, agent or unknown for each label of one document.

    `agents` and `customer` are the names that the document's header gives. When a member of staff
    is there, everyone who is not staff is a customer; else an unusual name stays unknown. Lines
    that a program wrote ("action") stay unknown too.
    """
    staff = [*source.agents, *agents]
    clients = [*source.customers, *([customer] if customer else [])]
    sides = {label: _side(label, staff, clients) for label in dict.fromkeys(labels) if label}
    if AGENT in sides.values():
        sides = {label: _beside_staff(label, side) for label, side in sides.items()}
    return sides


def _beside_staff(label: str, side: str) -> str:
    """Return the side of a label in a talk with staff: an unusual one is a customer's."""
    words = words_of(label)
    is_written = bool(words) and words <= _MACHINES
    return CUSTOMER if side == UNKNOWN and not is_written else side


def _side(label: str, staff: Iterable[str], clients: Iterable[str]) -> str:
    """Return the side of one label, the settings' and header's own names first."""
    folded = label.casefold().strip()
    if folded in {name.casefold().strip() for name in staff}:
        return AGENT
    if folded in {name.casefold().strip() for name in clients}:
        return CUSTOMER
    words = words_of(label)
    # A header says `Maria Lopez`, the lines say `Maria`.
    if words and any(words <= words_of(name) for name in staff):
        return AGENT
    name, _, role = label.partition("(")
    said = [_usual_side(words_of(part)) for part in (name, role)]
    return next((side for side in said if side != UNKNOWN), UNKNOWN)


def _usual_side(words: frozenset[str]) -> str:
    """Return the side that everyday words give: Customer, but Customer Care."""
    if words & _DESKS and words & _CUSTOMERS:
        return AGENT
    if words & _STAFF or (words and words <= _STAFF_ALONE | _CUSTOMERS and words & _STAFF_ALONE):
        return AGENT
    return CUSTOMER if words & _CUSTOMERS else UNKNOWN
