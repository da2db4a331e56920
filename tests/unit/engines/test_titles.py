"""Which clauses may name a problem."""

import pytest

from pipeline.engines.embedded.titles import (
    clauses,
    finished,
    is_clear,
    merit,
    states_trouble,
)


@pytest.mark.parametrize(
    "clause",
    [
        "The refund never came", "No leg room", "Can't choose which device plays",
        "Could not find two seats together", "Not enough toilets", "Not working on my phone",
        "This seat was broken", "The second machine was broken",
    ],
)  # fmt: skip
def test_clause_with_a_thing_and_a_fault_names_a_problem(clause):
    assert states_trouble(clause)
    assert is_clear(clause)


@pytest.mark.parametrize(
    "clause",
    [
        "Not a penny more",  # a figure of speech
        "Not sure how good it was",
        "No. I looked at the renewal terms you sent",  # an answer
        "The second knew nothing of the first",  # leans on what is not there
        "A second one blaming the patient for not attending",
        "That is the problem",
        "They lost it",
        "Offer me no notice in return",  # whose doing it is, is not there
        "It was broken",  # no thing
        "Why is the button broken",
        "If the price is wrong",
        "I wish something had warned me of the delay",
        "Nice not to wonder where the data is",  # praise
        "I will never fly with this airline",  # what comes of it
        "I complained to the airline",
        "She made no apology to the guests",
        "Replies to [EMAIL] never came",
        "Thirty-four of them got a wrong address",
        "The broken arm rests can't",
        "Do not agree with the rude staff",
        "Isn't going to wear well on the floor",
        "Just an app....not really working",
        "The bag was lost at the gate on the way to the plane that was late",  # too long
    ],
)
def test_clause_that_cannot_be_read_alone_names_none(clause):
    assert not is_clear(clause)


@pytest.mark.parametrize(
    "clause",
    [
        "I have notes on my Kindle Fire", "I am disappointed in the app",
        "I couldn't live without it", "You can't beat the breakfast",
        "The staff could not be faulted", "Leg space was not a problem",
        "The lounge was not too crowded", "The waiter apologised for the delay",
        "You wait for your flight there",
    ],
)  # fmt: skip
def test_names_of_things_feelings_and_praise_tell_no_fault(clause):
    assert not states_trouble(clause)


@pytest.mark.parametrize(
    ("quote", "clause"),
    [
        ("No, you can't make notes", "Can't make notes"),
        ("Secondly, the texts are late", "The texts are late"),
        ("In fact the crew were rude", "The crew were rude"),
        ("The only bad thing about the app is that the sync fails", "The sync fails"),
        ("The only problem I have with it is the slow sync", "The slow sync"),
        ("I have trouble with the posts", "Trouble with the posts"),
        ("it just keeps crashing on start", "Keeps crashing on start"),
        ("It's not as nice as on a PC", "Not as nice as on a PC"),
        ("The price per head, I confess, remains unclear to me",
         "The price per head remains unclear to me"),
        ("It's an absolute disgrace that the bar was closed", "The bar was closed"),
        ("so far no reply to my letter", "So far no reply to my letter"),
    ],
)  # fmt: skip
def test_what_leads_in_is_taken_off(quote, clause):
    assert clause.lower() in [own.lower() for own in clauses(quote)]


def test_long_clause_may_be_named_by_its_beginning_up_to_a_whole_phrase():
    quote = "Couldn't see the screen of my seat as it was far too close to me every single time"
    assert "Couldn't see the screen of my seat" in clauses(quote)
    assert all(not clause.endswith((" the", " of", " with")) for clause in clauses(quote))


def test_shared_words_speak_for_a_clause_and_somebodys_name_against_it():
    assert merit("The export is wrong", {"export"}) > merit("The export is wrong", set())
    assert merit("The file of Megan is wrong", set()) < merit("The file of staff is wrong", set())
    assert merit("The file of Kestrel is wrong", {"kestrel", "file"}) == pytest.approx(
        merit("The file of staff is wrong", {"staff", "file"})
    )


def test_praise_speaks_against_a_clause_unless_it_is_taken_back():
    assert merit("The food is good, error aside", set()) < merit("The food is not good", set())


def test_finished_name_is_not_shouted():
    assert finished("the SUPPORT chat is (always BROKEN") == "The support chat is, always broken"
