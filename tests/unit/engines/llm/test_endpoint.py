"""What goes over the wire, and what an endpoint turns out not to know."""

import json
import logging
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import tiktoken
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langsmith import utils

from pipeline.config import Llm
from pipeline.engines.llm.calls import Caller, Completion, Failed
from pipeline.engines.llm.chats import OtherChat, open_other
from pipeline.engines.llm.endpoint import Endpoint, is_local
from pipeline.engines.llm.limits import Pause
from pipeline.engines.llm.questions import question_of, shown
from pipeline.errors import ConfigError, EngineError
from tests.llm.faults import Faults, Rule
from tests.llm.server import KEY
from tests.unit.engines.llm.asked import SYSTEM, PairAnswer, outcome_of, pair, work

OPENAI_WORDS = "'response_format' of type 'json_schema' is not supported with this model"
MESSAGE = {"role": "assistant", "content": "words"}
BARE = {"choices": [{"index": 0, "message": MESSAGE, "finish_reason": None}]}


@pytest.fixture
def stub():
    """A function from (status, body) to the address of a server that answers so, in turn."""
    with ExitStack() as servers:

        def serve(*answers):
            turns = iter(answers)

            class Handler(BaseHTTPRequestHandler):
                def do_POST(self):
                    self.rfile.read(int(self.headers["content-length"]))
                    status, body = next(turns, answers[-1])
                    body = body if isinstance(body, bytes) else json.dumps(body).encode()
                    self.send_response(status)
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

                def log_message(self, *words):
                    """Say nothing."""

            server = servers.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
            servers.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
            return f"http://127.0.0.1:{server.server_port}/v1"

        yield serve


def ask(address, **settings):
    """The outcome of one question at an address."""
    caller = Caller(Llm(endpoint=address, model="m", **settings), None, None, Pause(0.01, 0.01))
    return outcome_of(caller, pair(1))


def sent(server):
    """The body of the only call."""
    (record,) = server.chats
    return record.body


def test_a_call_carries_prompt_schema_and_settings_and_no_more(pair_server, caller_for):
    server = pair_server()
    outcome_of(caller_for(server, seed=7, temperature=0.2), pair(1))
    body = sent(server)
    form = body.pop("response_format")
    assert body == {
        "model": "gpt-4o-mini",
        "stream": False,
        "temperature": 0.2,
        "seed": 7,
        "max_tokens": 500,
        "messages": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": pair(1).user},
        ],
    }
    assert form["type"] == "json_schema"
    assert (form["json_schema"]["name"], form["json_schema"]["strict"]) == ("same", True)
    schema = form["json_schema"]["schema"]
    assert (schema["required"], schema["additionalProperties"]) == (["results"], False)
    assert schema["properties"]["results"]["items"]["required"] == ["id", "same", "confidence"]


def test_what_is_not_set_is_not_sent(pair_server, caller_for):
    server = pair_server()
    outcome_of(caller_for(server, temperature=None, structured="text"), pair(1))
    assert set(sent(server)) == {"model", "stream", "max_tokens", "messages"}


@pytest.mark.parametrize(("knows_json", "form"), [(True, "json_object"), (False, None)])
def test_an_endpoint_without_strict_answers_is_asked_for_the_next_best(
    pair_server, caller_for, knows_json, form, caplog
):
    server = pair_server(structured=False, json_object=knows_json, dress=())
    caller = caller_for(server, concurrency=2)
    ended = work(caller, [pair(number) for number in range(10)])
    assert all(PairAnswer.model_validate_json(end.text) for end in ended.values())
    good = [record.body for record in server.chats if record.status == 200]
    assert {body.get("response_format", {}).get("type") for body in good} == {form}
    system = good[-1]["messages"][0]["content"]
    assert system.startswith(SYSTEM)
    assert system.endswith("}")
    assert '"additionalProperties": false' in system
    refused = len(server.chats) - len(good)
    assert refused <= 2 * (1 if knows_json else 2)
    assert caplog.messages.count("gpt-4o-mini gives no strict answers: asked for json") == 1


def test_a_second_run_finds_the_answers_that_came_in_another_form(pair_server, caller_for):
    server = pair_server(structured=False, json_object=False)
    requests = [pair(number) for number in range(5)]
    work(caller_for(server), requests)
    n_asked = len(server.records)
    assert all(end.cached for end in work(caller_for(server), requests).values())
    assert len(server.records) == n_asked


def test_a_form_that_is_insisted_on_and_not_known_stops_the_run(pair_server, caller_for):
    server = pair_server(structured=False)
    with pytest.raises(EngineError, match="response_format"):
        work(caller_for(server, structured="strict"), [pair(n) for n in range(30)])
    assert len(server.records) <= 8


def test_a_model_that_refuses_parameters_is_asked_without_them(pair_server, caller_for, caplog):
    server = pair_server()
    caller = caller_for(server, model="gpt-5-mini", concurrency=1)
    assert all(
        isinstance(end, Completion) for end in work(caller, [pair(1), pair(2), pair(3)]).values()
    )
    assert [record.status for record in server.chats].count(400) == 2
    body = server.chats[-1].body
    assert "temperature" not in body
    assert "max_tokens" not in body
    assert body["max_completion_tokens"] == 500
    assert "gpt-5-mini: temperature is not sent" in caplog.messages


def test_more_tokens_than_the_model_can_answer_stop_the_run(pair_server, caller_for):
    server = pair_server(max_output=400)
    with pytest.raises(EngineError, match="max_tokens"):
        work(caller_for(server), [pair(n) for n in range(30)])
    assert len(server.records) <= 8


@pytest.mark.parametrize("form", [{}, {"structured": False}], ids=["strict", "json"])
def test_a_streamed_answer_is_the_same_and_counted_the_same(pair_server, caller_for, form):
    server = pair_server(**form)
    whole = outcome_of(caller_for(server), pair(1))
    other = pair_server(**form)
    streamed = outcome_of(caller_for(other, stream=True), pair(1))
    assert streamed[:5] == whole[:5]
    assert streamed.completion_tokens > 0
    assert other.chats[-1].body["stream_options"] == {"include_usage": True}


def test_a_stream_that_breaks_off_is_asked_again(pair_server, caller_for):
    server = pair_server(faults=Faults(rules=(Rule("", "dropped", attempts=1),)))
    ended = outcome_of(caller_for(server, stream=True), pair(1))
    assert PairAnswer.model_validate_json(ended.text)
    assert len(server.chats) == 2


def test_half_a_surrogate_pair_reaches_the_model_as_a_question_mark(pair_server, caller_for):
    server = pair_server()
    outcome_of(caller_for(server), pair(1, words="\ud83d!"))
    assert "bill 1 ?!" in sent(server)["messages"][1]["content"]


def test_texts_go_to_the_endpoint_alone_whatever_the_environment_says(
    pair_server, caller_for, monkeypatch
):
    spy = pair_server()
    langsmith = spy.base_url.removesuffix("/v1")
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING_V2"):
        monkeypatch.setenv(name, "true")
    for name in ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER"):
        monkeypatch.setenv(name, "langchain")
    for name in ("LANGSMITH_ENDPOINT", "LANGCHAIN_ENDPOINT", "LANGSMITH_GATEWAY"):
        monkeypatch.setenv(name, langsmith)
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, spy.base_url)
    for name in ("LANGSMITH_API_KEY", "LANGSMITH_GATEWAY_API_KEY"):
        monkeypatch.setenv(name, "ls-key")
    utils.get_env_var.cache_clear()
    server = pair_server()
    ended = outcome_of(caller_for(server), pair(1))
    utils.get_env_var.cache_clear()
    assert isinstance(ended, Completion)
    assert len(server.chats) == 1
    assert not spy.records


def test_no_tokenizer_is_loaded(pair_server, caller_for, monkeypatch):
    def refuse(*names):
        raise AssertionError(f"{names} would be downloaded")

    for name in ("get_encoding", "encoding_for_model"):
        monkeypatch.setattr(tiktoken, name, refuse)
    assert isinstance(outcome_of(caller_for(pair_server(), stream=True), pair(1)), Completion)


def test_an_answer_without_usage_is_counted_by_our_own_estimate(pair_server, caller_for, tmp_path):
    chat = OtherChat(GenericFakeChatModel(messages=iter([AIMessage("four words of answer")])))
    reply = chat.ask(question_of(pair(1), "text"), {})
    assert reply == ("four words of answer", "stop", "", -1, -1)


def test_another_providers_answer_is_read_as_text_or_tool_call():
    call = {"name": "same", "args": {"results": []}, "id": "1"}
    told = [
        AIMessage("", tool_calls=[call], response_metadata={"stop_reason": "max_tokens"}),
        AIMessage(
            [{"type": "text", "text": "so"}],
            usage_metadata={"input_tokens": 5, "output_tokens": 2, "total_tokens": 7},
        ),
    ]
    chat = OtherChat(GenericFakeChatModel(messages=iter(told)))
    question = question_of(pair(1), "text")
    assert chat.ask(question, {}) == ('{"results": []}', "length", "", -1, -1)
    assert chat.ask(question, {}) == ("so", "stop", "", 5, 2)


def test_a_server_that_counts_nothing_and_ends_without_a_reason_is_understood(stub):
    ended = ask(stub((200, BARE)))
    assert (ended.text, ended.finish, ended.refusal) == ("words", "stop", "")
    assert ended.prompt_tokens > 20
    assert ended.completion_tokens == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><title>Please log in</title></html>", "Please log in"),
        (b"{broken", "no JSON"),
        (b"", "no JSON"),
        ({"choices": None}, "choices"),
        ({"choices": []}, "without choices"),
        ({"error": {"message": "model is loading"}}, "model is loading"),
        ({"choices": [{"index": 0, "message": None, "finish_reason": "stop"}]}, ""),
    ],
    ids=str,
)
def test_what_is_no_answer_is_asked_again_and_then_named(stub, body, words):
    good = {"choices": [{"index": 0, "message": MESSAGE, "finish_reason": "stop"}]}
    assert ask(stub((200, body), (200, good))).text == "words"
    failed = ask(stub((200, body)), retries=1)
    assert isinstance(failed, Failed)
    assert failed.reason == "provider_failed"
    assert words in failed.detail


def test_words_of_a_model_in_a_form_of_its_own_are_not_repeated(stub):
    message = {"role": "assistant", "content": {"results": "obeyed words"}}
    odd = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    failed = ask(stub((200, odd)), retries=0)
    assert failed == Failed("provider_failed", "an answer of another form than OpenAI's")


def test_half_an_emoji_in_an_answer_loses_nothing(stub, tmp_path):
    message = {"role": "assistant", "content": "words \ud83d of it", "refusal": "no\udc00"}
    good = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    address = stub((200, good))
    told = Llm(endpoint=address, model="m")
    for _ in range(2):  # the second time from the file
        answer = outcome_of(Caller(told, tmp_path / "answers"), pair(1))
        assert (answer.text, answer.refusal) == ("words  of it", "no")


def test_openais_own_words_against_strict_answers_raise_no_warning(stub):
    refusal = {"error": {"message": OPENAI_WORDS, "type": "invalid_request_error"}}
    assert ask(stub((400, refusal), (200, BARE))).text == "words"


def test_an_endpoint_that_refuses_whatever_is_sent_is_not_asked_for_ever(stub):
    refusal = {"error": {"message": "unknown field seed"}}
    assert ask(stub((400, refusal))).reason == "provider_rejected"
    both = [
        (400, {"error": {"message": f"Unsupported parameter: '{name}'", "param": name}})
        for name in ("max_tokens", "max_completion_tokens")
    ]
    with pytest.raises(EngineError, match="Unsupported parameter"):
        ask(stub(*both))


@pytest.mark.parametrize(
    "address",
    ["localhost:8080/v1", "http://127.0.0.1:abc/v1", "http://127.0.0.1:99999/v1", "http:///v1",
     "http://127.0.0.1:8080/v1 ", "ftp://127.0.0.1/v1"],
)  # fmt: skip
def test_an_address_that_is_none_is_named(address):
    with pytest.raises(ConfigError, match="no address like"):
        Endpoint(Llm(model="m", endpoint=address))


def test_an_address_that_holds_the_key_is_refused_without_repeating_it(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(ConfigError, match="the key stands in `endpoint`") as refused:
        Endpoint(Llm(model="m", endpoint=f"http://127.0.0.1:8080/{KEY}/v1"))
    assert KEY not in str(refused.value)


def test_another_provider_is_asked_in_its_packages_own_way(pair_server):
    server = pair_server(faults=Faults(rules=(Rule("bill 2 ", "length"),)))
    told = Llm(provider="openai", endpoint=server.base_url, model="gpt-4o-mini", temperature=None)
    chat = open_other(told, KEY)
    reply = chat.ask(question_of(pair(1, words="as json"), "strict"), {})
    assert PairAnswer.model_validate_json(reply.text)
    assert reply.finish == "stop"
    assert reply.prompt_tokens > 0
    assert server.chats[0].body["response_format"]["type"] == "json_schema"
    cut = chat.ask(question_of(pair(2, words="as json"), "strict"), {})
    assert cut.finish == "length"
    assert 0 < len(cut.text) < len(reply.text)
    assert cut.prompt_tokens > 0
    written = chat.ask(question_of(pair(3), "text"), {})
    assert written.text.startswith("```") or written.text.startswith("{")
    chat.close()


def test_a_provider_without_structured_output_is_asked_in_words():
    chat = OtherChat(GenericFakeChatModel(messages=iter([])))
    with pytest.raises(NotImplementedError) as said:
        chat.ask(question_of(pair(1), "strict"), {})
    assert isinstance(said.value, chat.errors)


def test_a_provider_whose_package_is_missing_is_named():
    endpoint = Endpoint(Llm(provider="anthropic", model="some-model"))
    with pytest.raises(ConfigError, match="pip install langchain-anthropic"):
        endpoint.open()
    with pytest.raises(ConfigError, match="nonsense"):
        Endpoint(Llm(provider="nonsense", model="some-model")).open()


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("", False),
        ("http://127.0.0.1:8080/v1", True),
        ("http://localhost:11434/v1", True),
        ("http://[::1]:8080/v1", True),
        ("http://192.168.1.20/v1", True),
        ("http://ollama:11434/v1", True),
        ("http://box.local/v1", True),
        ("https://api.example.com/v1", False),
        ("https://8.8.8.8/v1", False),
    ],
)
def test_servers_of_this_machine_and_network_are_known(address, local):
    assert is_local(address) is local


def test_an_address_is_shown_without_its_password():
    assert shown("https://user:secret@api.example.com/v1?key=secret") == (
        "https://api.example.com/v1"
    )
    assert shown("") == "https://api.openai.com/v1"


def test_warnings_of_the_endpoint_hold_no_key(pair_server, caller_for, caplog):
    caplog.set_level(logging.DEBUG)
    server = pair_server(structured=False, json_object=False)
    outcome_of(caller_for(server), pair(1))
    assert server.settings.key not in caplog.text
