"""A Telegram for tests and demonstrations: the Bot API over HTTP, with users who are moved by hand.

In a test, `Telegram()` serves on loopback at `base_url` until `stop()`. Alone, `python -m tests.telegram --port 9200`
prints its address, on the next line its token, and takes
  POST /control/message {"text", "user_id", "chat_id"}   only the text is needed; a negative chat is a group
  POST /control/press {"message_id", "data", "user_id"}  press a button
  GET /control/sent                                      what the bot has sent

It is strict where Telegram is: what Telegram refuses gets Telegram's status and description. It knows the methods
that Telegram._methods lists and no files, no webhooks, no inline queries.
"""

import argparse
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]

TOKEN = "123456789:the-double-accepts-no-other-token"
BOT: Json = {
    "id": 123456789,
    "is_bot": True,
    "first_name": "Poet",
    "username": "neural_poet_bot",
    "can_join_groups": True,
}
USER, GROUP = 1001, -2001
SECONDS = 60.0  # for what a bot does in a moment
NESTED = {"allowed_updates", "commands", "entities", "link_preview_options", "reply_markup", "reply_parameters"}
PARSE_MODES = {"", "HTML", "Markdown", "MarkdownV2"}
ACTIONS = {"typing", "upload_photo", "upload_document", "choose_sticker", "find_location", "record_voice"}


class RefusedError(Exception):
    """A method call that Telegram does not take."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status


@dataclass(frozen=True)
class Call:
    """One call of the bot; nested parameters are decoded, the others are text. `at` is time.monotonic()."""

    method: str
    parameters: Json
    at: float

    def is_for(self, chat: int | None) -> bool:
        """Return whether the call is for the chat; for None, every call is."""
        return chat is None or self.parameters.get("chat_id") == str(chat)


@dataclass
class Fault:
    """What happens to the next `times` calls of `method` instead of an answer."""

    method: str
    chat: int | None
    status: int
    body: str
    times: int
    delay: float
    drop: bool


@dataclass
class _State:
    """Everything that is remembered; guarded by Telegram's condition."""

    updates: list[Json] = field(default_factory=list)
    allowed: set[str] | None = None
    chats: dict[int, Json] = field(default_factory=dict)
    messages: dict[int, Json] = field(default_factory=dict)
    sent: list[Json] = field(default_factory=list)
    queries: set[str] = field(default_factory=set)
    commands: dict[str, list[Json]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    numbers: int = 100
    poll: int = 0
    stopping: bool = False


class Telegram:
    """The double, serving from construction on."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self._state = _State()
        self._changed = threading.Condition()
        self._methods: dict[str, Callable[[Json], Any]] = {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "deleteWebhook": self._delete_webhook,
            "setMyCommands": self._set_my_commands,
            "sendChatAction": self._send_chat_action,
            "sendMessage": self._send_message,
            "editMessageText": self._edit_message_text,
            "answerCallbackQuery": self._answer_callback_query,
        }
        self._server = _Server((host, port), self)
        self.base_url = f"http://{host}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Answer the waiting polls and close."""
        with self._changed:
            self._state.stopping = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()

    # What users do. Each returns the message or update as the bot gets it.

    def send_text(self, text: str, *, user: int = USER, chat: int | None = None, **extra: Any) -> Json:
        """Send a text; in a private chat unless `chat` is given. `extra` are further fields of the message."""
        return self._send(user, chat, {"text": text, "entities": _entities(text), **extra})

    def send_photo(self, *, user: int = USER, chat: int | None = None, **extra: Any) -> Json:
        """Send a photo, which cannot be downloaded."""
        size = {"file_id": "photo", "file_unique_id": "unique", "width": 90, "height": 90}
        return self._send(user, chat, {"photo": [size], **extra})

    def edit_text(self, message_id: int, text: str) -> Json:
        """Edit a message that a user sent."""
        with self._changed:
            message = self._state.messages[message_id] | {"text": text, "entities": _entities(text)}
            message["edit_date"] = int(time.time())
            self._state.messages[message_id] = message
        self.push("edited_message", message)
        return message

    def press(self, message_id: int, data: str, *, user: int = USER) -> Json:
        """Press a button under a message of the bot."""
        with self._changed:
            message = self._state.messages[message_id]
            query_id = str(self._number())
            self._state.queries.add(query_id)
        query = {"id": query_id, "from": _user(user), "message": message, "chat_instance": "1", "data": data}
        self.push("callback_query", query)
        return query

    def push(self, kind: str, content: Json) -> None:
        """Put an update of any kind before the bot, unless the bot has said that it does not want this kind."""
        with self._changed:
            if self._state.allowed is None or kind in self._state.allowed:
                self._state.updates.append({"update_id": self._number(), kind: content})
                self._changed.notify_all()

    def _send(self, user: int, chat_id: int | None, content: Json) -> Json:
        with self._changed:
            chat = _chat(user if chat_id is None else chat_id)
            self._state.chats[chat["id"]] = chat
            message: Json = {"message_id": self._number(), "date": int(time.time()), "chat": chat, "from": _user(user)}
            message |= content
            self._state.messages[message["message_id"]] = message
        self.push("message", message)
        return message

    # What tests arrange and look at.

    def fail(
        self,
        method: str,
        status: int = 502,
        body: str = "",
        *,
        chat: int | None = None,
        times: int = 1,
        delay: float = 0.0,
        drop: bool = False,
    ) -> None:
        """Answer the next `times` calls of the method so, after `delay` seconds; `drop` cuts the connection instead.

        Only calls for the chat, if one is given. Status 0 delays only, and then answers as usual.
        """
        with self._changed:
            self._state.faults.append(Fault(method, chat, status, body, times, delay, drop))

    def calls(self, method: str, chat: int | None = None) -> list[Call]:
        """Return the calls of a method so far, those for one chat if it is given; refused and failed ones too."""
        with self._changed:
            return [call for call in self._state.calls if call.method == method and call.is_for(chat)]

    def commands(self) -> dict[str, list[Json]]:
        """Return the command menus by language code, "" for all other languages."""
        with self._changed:
            return dict(self._state.commands)

    def sent(self, chat: int | None = None) -> list[Json]:
        """Return the bot's messages in the order in which they were sent, edited ones as they are now."""
        with self._changed:
            return [self._state.messages[m["message_id"]] for m in self._state.sent if chat in {None, m["chat"]["id"]}]

    def wait_for_sent(self, count: int = 1, chat: int | None = None, seconds: float = SECONDS) -> list[Json]:
        """Wait until the bot has sent `count` messages and return all that it sent."""
        self.wait(lambda: len(self.sent(chat)) >= count, seconds)
        return self.sent(chat)

    def wait_for_call(self, method: str, count: int = 1, seconds: float = SECONDS) -> list[Call]:
        """Wait until the bot has called the method `count` times and return all these calls."""
        self.wait(lambda: len(self.calls(method)) >= count, seconds)
        return self.calls(method)

    def wait(self, predicate: Callable[[], bool], seconds: float = SECONDS) -> None:
        """Wait until the predicate holds, looking after each change."""
        with self._changed:
            if not self._changed.wait_for(predicate, seconds):
                raise AssertionError(f"still not so after {seconds} s; the bot sent {[m['text'] for m in self.sent()]}")

    # The bot's side.

    def take_fault(self, call: Call) -> Fault | None:
        """Record the call and return what shall happen to it, if not the usual."""
        with self._changed:
            self._state.calls.append(call)
            self._changed.notify_all()
            for fault in self._state.faults:
                if fault.method == call.method and call.is_for(fault.chat) and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def answer(self, call: Call) -> Any:
        """Do what the call asks for and return its result."""
        method = self._methods.get(call.method)
        if method is None:
            raise RefusedError(404, "Not Found")
        with self._changed:
            result = method(call.parameters)
            self._changed.notify_all()
            return result

    def _number(self) -> int:
        self._state.numbers += 1
        return self._state.numbers

    def _get_me(self, _: Json) -> Json:
        return BOT

    def _delete_webhook(self, _: Json) -> bool:
        return True

    def _get_updates(self, parameters: Json) -> list[Json]:
        state = self._state
        if "allowed_updates" in parameters:
            state.allowed = set(parameters["allowed_updates"]) or None
        offset, limit = int(parameters.get("offset", 0)), int(parameters.get("limit", 100))
        first = offset if offset >= 0 else min([u["update_id"] for u in state.updates[offset:]], default=0)
        state.updates = [update for update in state.updates if update["update_id"] >= first]
        state.poll += 1
        this_poll = state.poll
        self._changed.notify_all()
        self._changed.wait_for(
            lambda: state.updates or state.poll != this_poll or state.stopping, float(parameters.get("timeout", 0))
        )
        if state.poll != this_poll:
            raise RefusedError(409, "Conflict: terminated by other getUpdates request")
        return state.updates[: max(1, min(limit, 100))]

    def _set_my_commands(self, parameters: Json) -> bool:
        for command in parameters["commands"]:
            _refuse_unless(re.fullmatch("[a-z0-9_]{1,32}", command["command"]), "BOT_COMMAND_INVALID")
            _refuse_unless(1 <= len(command["description"]) <= 256, "BOT_COMMAND_DESCRIPTION_INVALID")
        self._state.commands[parameters.get("language_code", "")] = parameters["commands"]
        return True

    def _send_chat_action(self, parameters: Json) -> bool:
        self._chat(parameters)
        _refuse_unless(parameters.get("action") in ACTIONS, "wrong parameter action in request")
        return True

    def _send_message(self, parameters: Json) -> Json:
        chat = self._chat(parameters)
        message: Json = {"message_id": self._number(), "date": int(time.time()), "chat": chat, "from": BOT}
        message |= _content(parameters)
        reply = parameters.get("reply_parameters")
        if reply is not None:
            original = self._state.messages.get(reply["message_id"])
            if original is not None and original["chat"]["id"] == chat["id"]:
                message["reply_to_message"] = {k: v for k, v in original.items() if k != "reply_to_message"}
            else:
                _refuse_unless(reply.get("allow_sending_without_reply"), "message to be replied not found")
        self._state.messages[message["message_id"]] = message
        self._state.sent.append(message)
        return message

    def _edit_message_text(self, parameters: Json) -> Json:
        chat = self._chat(parameters)
        old = self._state.messages.get(int(parameters.get("message_id", 0)))
        if old is None or old["chat"]["id"] != chat["id"]:
            raise RefusedError(400, "Bad Request: message to edit not found")
        _refuse_unless(old["from"] == BOT, "message can't be edited")
        new = {k: v for k, v in old.items() if k not in {"text", "reply_markup", "edit_date"}} | _content(parameters)
        _refuse_unless(new != {k: v for k, v in old.items() if k != "edit_date"}, "message is not modified")
        new["edit_date"] = int(time.time())
        self._state.messages[old["message_id"]] = new
        return new

    def _answer_callback_query(self, parameters: Json) -> bool:
        query = parameters.get("callback_query_id")
        too_old = "query is too old and response timeout expired or query ID is invalid"
        _refuse_unless(query in self._state.queries, too_old)
        _refuse_unless(len(parameters.get("text", "")) <= 200, "MESSAGE_TOO_LONG")
        self._state.queries.discard(str(query))
        return True

    def _chat(self, parameters: Json) -> Json:
        chat = self._state.chats.get(int(parameters.get("chat_id", 0)))
        if chat is None:
            raise RefusedError(400, "Bad Request: chat not found")
        return chat


def _refuse_unless(holds: object, otherwise: str) -> None:
    if not holds:
        raise RefusedError(400, f"Bad Request: {otherwise}")


def _content(parameters: Json) -> Json:
    """Return the text and the buttons of a message to be shown, or refuse them."""
    text = parameters.get("text", "").strip()
    _refuse_unless(text, "message text is empty")
    _refuse_unless(_units(text) <= 4096, "message is too long")
    _refuse_unless(parameters.get("parse_mode", "") in PARSE_MODES, "unsupported parse_mode")
    markup = parameters.get("reply_markup")
    if markup is None:
        return {"text": text}
    for button in (button for row in markup.get("inline_keyboard", []) for button in row):
        _refuse_unless(button.get("text"), "text buttons are not allowed to be empty")
        _refuse_unless(1 <= len(button.get("callback_data", "").encode()) <= 64, "BUTTON_DATA_INVALID")
    return {"text": text, "reply_markup": markup}


def _user(user: int) -> Json:
    return {"id": user, "is_bot": False, "first_name": f"User {user}", "language_code": "en"}


def _chat(chat: int) -> Json:
    if chat < 0:
        return {"id": chat, "type": "supergroup", "title": f"Group {-chat}"}
    return {"id": chat, "type": "private", "first_name": f"User {chat}"}


def _entities(text: str) -> list[Json]:
    """Return what Telegram marks in a text: commands and mentions; places in UTF-16 units."""
    kinds = {"bot_command": r"(?<!\S)/[A-Za-z0-9_]{1,32}(@\w+)?", "mention": r"(?<!\w)@[A-Za-z0-9_]{5,32}"}
    return [
        {"type": kind, "offset": _units(text[: match.start()]), "length": _units(match.group())}
        for kind, pattern in kinds.items()
        for match in re.finditer(pattern, text)
    ]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _method(path: str) -> str:
    """Return the method that a path names, if it has the right token."""
    match = re.fullmatch(r"/bot([^/]+)/(\w+)", path)
    if match is None:
        raise RefusedError(404, "Not Found")
    if match.group(1) != TOKEN:
        raise RefusedError(401, "Unauthorized")
    return match.group(2)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], telegram: Telegram) -> None:
        self.telegram = telegram
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of bots that are killed while they wait."""


class _Handler(BaseHTTPRequestHandler):
    """Turns HTTP into calls."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._dispatch()

    def do_POST(self) -> None:
        self._dispatch()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _dispatch(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parameters: Json = dict(parse_qsl(address.query, keep_blank_values=True))
        try:
            parameters |= self._decode(body)
            if address.path.startswith("/control/"):
                self._reply(200, self._control(address.path, parameters))
            else:
                self._call(_method(address.path), parameters)
        except RefusedError as error:
            self._reply(error.status, {"ok": False, "error_code": error.status, "description": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            description = f"Bad Request: {type(error).__name__} {error}"
            self._reply(400, {"ok": False, "error_code": 400, "description": description})

    def _decode(self, body: bytes) -> Json:
        if "json" in self.headers.get("Content-Type", ""):
            decoded: Json = json.loads(body or b"{}")
            return decoded
        form = parse_qsl(body.decode(), keep_blank_values=True)
        return {name: json.loads(value) if name in NESTED else value for name, value in form}

    def _call(self, method: str, parameters: Json) -> None:
        call = Call(method, parameters, time.monotonic())
        fault = self.server.telegram.take_fault(call)
        if fault is not None:
            time.sleep(fault.delay)
            if fault.drop:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if fault.status:
                self._send(fault.status, fault.body.encode())
                return
        self._reply(200, {"ok": True, "result": self.server.telegram.answer(call)})

    def _control(self, path: str, parameters: Json) -> Json:
        telegram = self.server.telegram
        user = int(parameters.get("user_id", USER))
        match path:
            case "/control/message":
                return telegram.send_text(str(parameters["text"]), user=user, chat=parameters.get("chat_id"))
            case "/control/press":
                return telegram.press(int(parameters["message_id"]), str(parameters["data"]), user=user)
            case "/control/sent":
                return {"messages": telegram.sent()}
        raise RefusedError(404, "Not Found")

    def _reply(self, status: int, value: Json) -> None:
        self._send(status, json.dumps(value, ensure_ascii=False).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.telegram", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="on loopback; 0 takes a free one")
    telegram = Telegram(parser.parse_args().port)
    print(telegram.base_url, f"token {TOKEN}", sep="\n", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        telegram.stop()


if __name__ == "__main__":
    main()
