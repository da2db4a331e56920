"""Stated causes: both ends, and which led to which."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.embedded.causes import cuts, opening
from pipeline.engines.embedded.clauses import clauses


def ends(sentence):
    """Return (what led, to what) of each cause stated in a sentence."""
    found = clauses(sentence)
    out = []
    for before, clause in pairwise(found):
        one, other = (sentence[c.start : c.end] for c in (before, clause))
        if clause.link:
            out.append((one, other) if clause.link == "effect" else (other, one))
    return out


@pytest.mark.parametrize(
    ("sentence", "cause", "effect"),
    [
        ("The line was down all day, so we went home.", "The line was down all day",
         "so we went home."),
        ("The batch failed twice, which meant we missed pay day.", "The batch failed twice",
         "which meant we missed pay day."),
        ("A wrong filter led to two hours of work.", "A wrong filter", "led to two hours of work."),
        ("The queue was so long that we gave up.", "The queue was so long", "that we gave up."),
        ("THE QUEUE WAS SO LONG THAT WE GAVE UP.", "THE QUEUE WAS SO LONG", "THAT WE GAVE UP."),
        ("The till broke and as a result nobody could pay.", "The till broke",
         "nobody could pay."),
        ("It crashed so we left.", "It crashed", "so we left."),
        ("card refused -> no ticket", "card refused", "-> no ticket"),
        ("The app hung, so I couldn’t book.", "The app hung", "so I couldn’t book."),
        ("We missed pay day because the export failed.", "because the export failed.",
         "We missed pay day"),
        ("We missed it owing to a broken lift.", "owing to a broken lift.", "We missed it"),
        ("I gave up since nobody could help.", "since nobody could help.", "I gave up"),
        ("We left over the billing mess.", "over the billing mess.", "We left"),
        ("Because the export failed, we missed pay day.", "Because the export failed",
         "we missed pay day."),
        ("Because the export had failed I missed the bus.", "Because the export had failed",
         "I missed the bus."),
        ("The reason we left was the price.", "the price.", "we left"),
        ("Your update wiped my notes.", "Your update", "wiped my notes."),
        ("The lift failed, which doubled the wait.", "The lift failed", "which doubled the wait."),
        ("He sang to her and that put us off.", "He sang to her", "and that put us off."),
        ("The gate was shut and we missed the boat because of it.", "The gate was shut",
         "and we missed the boat because of it."),
        ("They swapped the cards and because of that the order was lost.",
         "They swapped the cards", "the order was lost."),
        ("The order was late as a result of a wrong code.", "a wrong code.",
         "The order was late"),
        ("They shut two tills with the result that we queued for an hour.",
         "They shut two tills", "we queued for an hour."),
        ("The first payment hung, so back it went.", "The first payment hung", "so back it went."),
        ("The soup is that salty we sent it back.", "The soup is that salty", "we sent it back."),
        ("Their van broke down and I had to walk.", "Their van broke down", "and I had to walk."),
        ("I was charged twice as the reader had lost its line.",
         "as the reader had lost its line.", "I was charged twice"),
        ("missed it bc the app froze", "bc the app froze", "missed it"),
        ("Orders slipped b/c the feed was down.", "b/c the feed was down.", "Orders slipped"),
        ("Because of the works the lift is shut.", "Because of the works", "the lift is shut."),
        ("As nobody would help, we walked home.", "As nobody would help", "we walked home."),
        ("Because I keep it on my phone I can work anywhere.", "Because I keep it on my phone",
         "I can work anywhere."),
        ("The bar is small and because of the works it is full.", "because of the works",
         "it is full."),
        ("The cause of the double bill = a second feed.", "a second feed.", "the double bill"),
        ("It was the hose that ruined our floor.", "the hose", "ruined our floor."),
        ("She stayed late, which is honestly why we renewed.", "She stayed late", "we renewed."),
        ("We stopped early, all owing to your patience.", "owing to your patience.",
         "We stopped early"),
        ("well the left one whistled so I brought them back", "the left one whistled",
         "so I brought them back"),
        ("The van was late, which led to a refund, at their cost.", "The van was late",
         "which led to a refund"),
        ("They had old ways that caused the shop to fail.", "They had old ways",
         "caused the shop to fail."),
        ("The food was bad, and the noise led to a headache.", "and the noise",
         "led to a headache."),
        ("The bills, it turns out, stem from a bad feed.", "stem from a bad feed.", "The bills"),
        ("We left - because of the noise.", "because of the noise.", "We left"),
        ("Orders came twice, causing double bills.", "Orders came twice", "causing double bills."),
        ("He shouted, and that alone is why we left.", "He shouted", "we left."),
        ("We had no lunch, the culprit being a single till.", "a single till.", "We had no lunch"),
        ("I felt ill and I put it down to the soup.", "the soup.", "I felt ill"),
        ("It is late due to the fact that he forgot.", "he forgot.", "It is late"),
        ("The dog is well, thanks entirely to her care.", "thanks entirely to her care.",
         "The dog is well"),
        ("Half left due to a rude man.", "due to a rude man.", "Half left"),
        ("In view of the delays, we left.", "In view of the delays", "we left."),
        ("The free week is what got me hooked.", "The free week", "is what got me hooked."),
        ("It leaked, so I took it straight back.", "It leaked", "so I took it straight back."),
        ("We'd paid already, so I'd lost the lot.", "We'd paid already", "so I'd lost the lot."),
        ("The gym shut, so we're down for May.", "The gym shut", "so we're down for May."),
    ],
)  # fmt: skip
def test_both_ends_and_the_direction(sentence, cause, effect):
    assert ends(sentence) == [(cause, effect)]


@pytest.mark.parametrize(
    "sentence",
    [
        "The staff were so nice to us.",
        "I took a day off so that I could rest.",
        "I printed it so I can show it at the desk.",
        "I told the head of governors, just so you know.",
        "We have had three routers since the spring.",
        "I have been with them since they opened.",
        "The train is due to leave at six.",
        "Is it slow because of the update?",
        "We stayed, but not because of the price.",
        "The box was left over the weekend.",
        "After breakfast we walked to the harbour.",
        "They fitted a meter and my bill went up.",
        "I was so pleased when it came.",
        "It was cheaper, or so I was told.",
        "I'm only calling because my bill is late.",
        "If I had known that the sign meant the lift was out.",
        "The driver saved my place.",
        "As the doors opened the band played.",
        "I rang them twice and I had to wait.",
        "It is late, so you must be closed.",
        "I was led to think it was free.",
        "So clear, so patient, so funny.",
        "So many plants, so little light.",
        "We saw the so called garden.",
        "It has thus far been unusable.",
        "It works as long as I tell nobody.",
        "I was knocked by staff who passed.",
        "I felt I had been forced to pay for it.",
        "It is our first time and I have to say it was good.",
        "He never took the slip, so I guess it was free.",
        "They say it will rain, so bring a coat.",
        "This may be because they are near the door.",
        "I gave it three stars because it hangs.",
        "I would prefer the bar because of the view.",
        "It was good, but only because it was empty.",
        "Having been a member for years, I know the place.",
        "Thanks to all the team, we had fun.",
        "It has a frame which is made up of steel.",
        "Try not to sit there because it is loud.",
        f"We went {'on and ' * 15}on, so we left.",
        "Could you send a van because I can't lift it.",
        "I need the form again because the office lost it.",
        "I'm after a new key because mine bent.",
        "Reporting this because the page is blank.",
        "Raising this ticket due to an error at the gate.",
        "I only mention it because it happened before.",
        "Thanks for the call, because I was worried.",
        "We would appreciate a reply because the board meets soon.",
        "I wanted to ask because the sheet wasn't clear.",
        "I'm calling 'cause the light is red.",
        "The reason I'm ringing is the bill.",
        "It must be broken because the light is red.",
        "They can't have come because I was in.",
        "There is no trace of it, so presumably it is lost.",
        "It says paid so it should be fine.",
        "The gate is shut, so they'll be closed.",
        "It's Monday so nobody's there I reckon.",
        "I set a clock so I wouldn't miss it.",
        "She wrote it down so I'd remember.",
        "I kept the slip so nobody could argue.",
        "Get there early so you get a seat.",
        "I'd come back because of the staff.",
        "I wonder if that's why my bill went up.",
        "Maybe it's because I'm old.",
        "I can't say whether it's because of the rain.",
        "We're looking into what caused the outage.",
        "The payment due to you is late.",
        "I'm due to fly on Sunday.",
        "I'm down to my last tablet.",
        "The door leads to the pool.",
        "The room cost us 200.",
        "He was given that room by mistake.",
        "I left over an hour ago.",
        "The main reason to go is the view.",
        "He thinks it's because of his age.",
        "wifi = none at all",
        "I never met the staff, so can't really comment.",
        "Not sure, because the manual is in German.",
        "You can tell it is old because it rattles.",
        "It's a pity because I loved the old one.",
        "We sat by the window, which cost extra.",
        "On seeing that I had paid she told me I was mad.",
        "It is a small firm and therefore maybe slow.",
        "I sat on both sides, so my comments apply to both.",
        "Which is odd because it was full last week.",
        "He said sorry, so that's that.",
        "I survived and so did the nights.",
        "It is foggy here, so goodness knows how he will find us.",
        "He was kind to me - because the desk was shut I went without.",
        "I was so glad when I heard that it was free.",
    ],
)
def test_what_only_looks_like_a_cause(sentence):
    assert ends(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("That is why we left.", "effect"),
        ("As a result we cancelled.", "effect"),
        ("So I rang again.", "effect"),
        ("That was the last straw.", "effect"),
        ("We ended up in the lobby.", "effect"),
        ("Because nobody answered.", "cause"),
        ("The reason was the price.", "cause"),
        ("The reason why we left was the price.", ""),
        (f"Because the doors open {'so ' * 9}late few stay.", ""),
        ("We left that day.", ""),
        ("As a result of the delay.", "cause"),
        ("As a result of the delay we left.", ""),
        ("So long and thanks.", ""),
        ("So what?", ""),
        ("Because the export failed, we missed pay day.", ""),
    ],
)
def test_a_sentence_may_be_an_end_for_the_one_before(sentence, expected):
    assert opening(sentence, "The lift was out.") == expected


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ("Could you ring me?", "Because nobody answered."),
        ("I would like a refund.", "Because it broke."),
        ("Please call.", "So I know."),
        ("It is.", "Because of the price."),
        ("The lift was out.", "So I guess it was shut."),
    ],
)
def test_a_request_or_a_guess_is_no_end_for_the_next_sentence(before, sentence):
    assert opening(sentence, before) == ""


WORDS = [
    "because", "so", "we left", "the app hung", ",", "which meant", "over the bill", "->",
    "led to", "Due to", "料金", "that", "?", "since", "the reason was", "so bad that we",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join))
def test_cuts_lie_inside_the_sentence_and_in_order(sentence):
    found = cuts(sentence)
    assert all(0 < cut.start <= cut.end < len(sentence) for cut in found)
    assert found == sorted(found)
    assert {cut.link for cut in found} <= {"effect", "cause", ""}
