"""Who gets in: names of this machine, forms of this site, and whoever shows the token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from pipeline.review.guard import CSRF, Door, Guard, own_path, same

PORT = 8321
KEY = "correct horse battery"


async def inside(scope, receive, send) -> None:
    request = Request(scope, receive)
    await PlainTextResponse(f"in {request.url.path} {request.state.csrf}")(scope, receive, send)


def caller(door: Door | None = None, host: str = f"localhost:{PORT}") -> TestClient:
    return TestClient(
        Guard(inside, door or Door(PORT)), base_url=f"http://{host}", follow_redirects=False
    )


@pytest.mark.parametrize(
    "host", ["localhost:8321", "127.0.0.1:8321", "[::1]:8321", "LOCALHOST:8321"]
)
def test_names_of_this_machine_are_served(host):
    assert caller(host=host).get("/").status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8321", "localhost", "localhost:80", "localhost:83210", "", "[::1:8321",
        "127.0.0.1.evil.example:8321", "localhost.:8321", "192.168.1.7:8321",
        "user@localhost:8321", "localhost:8321/x", "localhost:eight",
        "localhost:8321@evil.example", "localhost:8321:8321",
    ],
)  # fmt: skip
def test_a_name_that_only_points_here_is_refused(host):
    answer = caller().get("/", headers={"host": host})
    assert answer.status_code == 421
    assert host not in answer.text or not host


def test_a_request_with_two_hosts_is_refused():
    headers = [("host", f"localhost:{PORT}"), ("host", "evil.example")]
    assert caller().get("/", headers=headers).status_code == 421


def test_port_80_needs_no_number():
    assert caller(Door(80), "localhost").get("/").status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("10.0.0.7:8321", 200),
        ("box.lan:8321", 200),
        ("evil.example:8321", 421),
        ("10.0.0.7:1", 421),
    ],
)
def test_served_everywhere_only_numbers_and_own_names_will_do(host, status):
    door = Door(PORT, frozenset({"box.lan"}), is_anywhere=True)
    assert caller(door).get("/", headers={"host": host}).status_code == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FOO"])
def test_other_methods_are_refused(method):
    answer = caller().request(method, "/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": f"http://localhost:{PORT}"}, 200),
        ({"origin": f"http://localhost:{PORT}", "sec-fetch-site": "same-origin"}, 200),
        ({"origin": f"http://localhost:{PORT}", "sec-fetch-site": "none"}, 200),
        ({"origin": "http://localhost:9999"}, 403),
        ({"origin": f"https://localhost:{PORT}"}, 403),
        ({"origin": f"http://127.0.0.1:{PORT}"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"origin": f"http://localhost:{PORT}", "sec-fetch-site": "same-site"}, 403),
    ],
)
def test_a_form_of_another_site_is_refused(headers, status):
    assert caller().post("/", headers=headers).status_code == status


def test_every_answer_is_signed():
    policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:"
    client = caller()
    for answer in (
        client.get("/"),
        client.request("PUT", "/"),
        client.get("/", headers={"host": "x"}),
    ):
        assert answer.headers["content-security-policy"].startswith(policy)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


def test_each_browser_has_a_token_of_its_own_that_no_script_reads():
    client, other = caller(), caller()
    first = client.get("/")
    assert "HttpOnly" in first.headers["set-cookie"]
    assert first.text.split()[-1] == client.cookies[CSRF]
    assert "set-cookie" not in client.get("/").headers
    other.get("/")
    assert other.cookies[CSRF] != client.cookies[CSRF]


@pytest.mark.parametrize("value", ["short", "x" * 44, "ä" * 43, "<script>" + "x" * 35])
def test_a_token_that_is_none_of_ours_is_replaced(value):
    answer = caller().get("/", headers={"cookie": f"{CSRF}={value}".encode()})
    assert value not in answer.text
    assert CSRF in answer.headers["set-cookie"]


def test_without_the_token_nothing_is_shown():
    client = caller(Door(PORT, token=KEY))
    answer = client.get("/touchpoints/a?b=c")
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/login?next=%2Ftouchpoints%2Fa%3Fb%3Dc",
    )  # fmt: skip
    assert client.post("/decisions").status_code == 303
    assert client.get("/login").status_code == 200
    assert client.get("/review.css").status_code == 200


def test_the_token_in_the_address_buys_a_cookie_and_leaves_the_address():
    client = caller(Door(PORT, token=KEY))
    answer = client.get(f"/touchpoints?stage=Land&token={KEY}&mood=bad")
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/touchpoints?stage=Land&mood=bad",
    )  # fmt: skip
    key = next(c for c in answer.headers.get_list("set-cookie") if "key" in c)
    assert "HttpOnly" in key
    assert "SameSite=strict" in key
    assert KEY not in key
    assert client.get("/touchpoints").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", KEY[:-1], KEY + "x", "ü" * 12])
def test_a_wrong_token_buys_nothing(token):
    client = caller(Door(PORT, token=KEY))
    answer = client.get("/", params={"token": token})
    assert answer.headers["location"].startswith("/login")
    assert "key" not in answer.headers.get("set-cookie", "")


def test_the_cookie_of_another_token_opens_nothing():
    cookie = f"touchpoints_key_{PORT}={Door(PORT, token=KEY[1:]).key()}"
    answer = caller(Door(PORT, token=KEY)).get("/", headers={"cookie": cookie})
    assert answer.status_code == 303


@pytest.mark.parametrize("path", ["/", "/touchpoints?stage=On%20board&q=a+b#t-1", "/quotes/a_b-c"])
def test_a_path_of_this_site_is_kept(path):
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    ["", "//evil.example", "/\\evil.example", "http://evil.example", "javascript:alert(1)", "/a\nb",
     "/\t/evil.example", "x", "/a b", "/a\\b", "/é", "/" + "a" * 3000, " /"],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_leads_home(path):
    assert own_path(path) == "/"


@given(st.text())
def test_whatever_is_asked_for_next_is_a_path_of_this_site(text):
    path = own_path(text)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert path.isascii()
    assert path.isprintable()


def test_nothing_is_never_the_right_secret():
    assert same("abc", "abc")
    assert not same("", "")
    assert not same("abc", "abd")
