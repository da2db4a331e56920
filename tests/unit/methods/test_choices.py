"""Which choice a customer made, and whose choice it was."""

import pytest

from pipeline.methods.choices import CHOICES, choice_of, is_own


@pytest.mark.parametrize(
    ("quote", "choice"),
    [
        ("That's when we started looking elsewhere.", "leave"),
        ("We've given notice.", "leave"),
        ("I'm taking my custom to somebody else.", "leave"),
        ("I won't be ordering again.", "leave"),
        ("I left them after the third outage.", "leave"),
        ("I left them by the door.", ""),
        ("I took the savings out.", "leave"),
        ("After a week without hot water we walked out.", "leave"),
        ("We're sticking with it.", "stay"),
        ("We signed for two more years.", "stay"),
        ("I'll definitely be back.", "stay"),
        ("We've already booked the same room for next summer.", "stay"),
        ("We decided against leaving.", "stay"),
        ("In the end we said no to renewing.", "leave"),
        ("I have a bad feeling about renewing with them.", ""),
        ("By March I had no confidence left to renew.", ""),
        ("We took out the loan with them.", "buy"),
        ("Yes, sign me up.", "buy"),
        ("We've just added twenty seats.", "upgrade"),
        ("I paid the extra for legroom.", "upgrade"),
        ("We bought the add-on.", "upgrade"),
        ("I've lodged a complaint with the ombudsman.", "escalate"),
        ("I'm disputing the charge with my bank.", "escalate"),
        ("If they raise the price, we're leaving.", ""),
        ("I might switch banks.", ""),
        ("I used to renew every year.", ""),
        ("They told me to cancel.", ""),
        ("We have not renewed yet.", ""),
        ("Should we leave?", ""),
        ("We left the keys at the desk.", ""),
        ("Dinner was lovely.", ""),
        ("I got my refund within a day.", ""),
        ("They closed my account by mistake.", ""),
        ("My card was accepted everywhere.", ""),
        ("I got the email.", ""),
        ("The auditor visited our office.", ""),
        ("I paid the deposit in May.", ""),
        ("I registered the warranty online.", ""),
        ("I signed for the parcel.", ""),
        ("I went with my sister.", ""),
        ("I got the window seat.", ""),
        ("I had two weeks of leave left.", ""),
        ("I lost my booking reference.", ""),
        ("The manager was helpful.", ""),
        ("He took it to the manager.", ""),
        ("We moved to another table.", ""),
        ("Will never come here again.", "leave"),
        ("Never never again.", "leave"),
        ("I won't say never again.", ""),
        ("I'm certainly not going to come here again.", "leave"),
        ("I doubt I will ever go with them again.", ""),
        ("I am sorry I didn't go with another provider.", ""),
        ("We hope we never have to use them again.", ""),
        ("Book with another airline and save yourself the trouble.", ""),
        ("Cancel my account.", "leave"),
        ("Please wake up and upgrade this room.", ""),
        ("I asked for an upgrade.", ""),
        ("I was assured of a reserved seat.", ""),
        ("We bought from the small shop in the village.", ""),
        ("We signed up for level two.", ""),
        ("I've reported it to the card company.", "escalate"),
        ("The matter is now with our lawyers.", "escalate"),
        ("Signed another twelve months this morning.", "stay"),
        ("We paid the difference and took the big one.", "upgrade"),
        ("I brought them back and had my deposit returned.", "leave"),
        ("We have placed the order for two of them.", "buy"),
        ("I took the train.", ""),
        ("We enjoyed our stay.", ""),
        ("I got my renewal letter.", ""),
        ("Our supplier switched to another bank.", ""),
        ("I told him I'd cancel.", ""),
        ("Cancelled on me again.", ""),
        ("Cancelled my order twice!", ""),
        ("Closed my account without asking.", ""),
        ("Cancelled my subscription.", "leave"),
        ("And then dropped out on us.", ""),
        ("I told him I'd cancelled.", "leave"),
        ("I'm going to have to cancel.", ""),
        ("I'm fixing to cancel.", ""),
        ("I was told to cancel.", ""),
        ("I'm cancelling if this goes on.", ""),
        ("I cancelled as they asked if I was sure.", "leave"),
        ("Cancelling took an hour.", ""),
        ("Not renewing is on the table.", ""),
        ("I cancelled, then changed my mind.", ""),
        ("I changed my mind and cancelled.", "leave"),
        ("I took the cancellation back.", ""),
        ("I have cancelled the other firm and come to you.", ""),
        ("I cancelled my lesson.", ""),
        ("I cancelled the false alarm.", ""),
        ("I left the app open all night.", ""),
        ("I walked out into the rain.", ""),
        ("I quit smoking with your help.", ""),
        ("I renewed my passport.", ""),
        ("I upgraded my phone's software.", ""),
        ("We upgraded to version 5.", ""),
        ("I asked for the manager's name.", ""),
        ("Signed with your competitor on Monday.", "leave"),
        ("We won't be needing the cleaner any more.", "leave"),
    ],
)
def test_kind_of_a_choice(quote, choice):
    assert choice_of(quote) == choice


@pytest.mark.parametrize(
    "quote", ["We cancelled.", "Just cancelled, thanks.", "Our whole office has joined.",
              "They hung up and we left.", "You've lost my custom."],
)  # fmt: skip
def test_own_choices(quote):
    assert is_own(quote)


OTHERS = ["My brother cancelled.", "They cancelled my order.", "My card was cancelled.",
          "Most of my colleagues have left.", "The app keeps leaving fields empty.",
          "They closed my account.", "She renewed."]  # fmt: skip


@pytest.mark.parametrize("quote", OTHERS)
def test_choices_of_others_are_none(quote):
    assert not is_own(quote)
    assert choice_of(quote) == ""


def test_of_a_sentence_with_two_subjects_only_the_speakers_choice_counts():
    assert choice_of("They cancelled our order, so we went elsewhere.") == "leave"
    assert choice_of("My brother left but I renewed.") == "stay"


def test_every_choice_has_words():
    said = {"buy": "I bought it.", "stay": "I stayed.", "leave": "I quit.",
            "upgrade": "I upgraded.", "escalate": "I escalated it."}  # fmt: skip
    assert {name: choice_of(said[name]) for name in CHOICES} == {name: name for name in CHOICES}


@pytest.mark.parametrize(
    "quote",
    [
        "We bought another annual ticket.",
        "We bought a car instead.",
        "I bought one more on top.",
        "I bought a kettle somewhere else.",
        "That was it, I bought a car.",
        "I ended up buying it on the high street.",
        "We bought our own machine.",
        "I've booked the deluxe room this time.",
        "I have opened an account with the credit union.",
    ],
)
def test_a_purchase_that_may_be_another_choice_is_not_named(quote):
    assert choice_of(quote) == ""


@pytest.mark.parametrize(
    ("quote", "choice"),
    [
        ("We bought our seed elsewhere.", "leave"),
        ("I will never use this again.", "leave"),
        ("We extended our cover to include the drains.", "upgrade"),
    ],
)
def test_choices_in_the_words_of_another(quote, choice):
    assert choice_of(quote) == choice
