"""A server of our own that speaks what Notify's client speaks: it checks the token, remembers, and fails when told to."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import jwt

KEY = "office-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"


class NotifyServer(ThreadingHTTPServer):
    """`taken` holds what was accepted; `answers` what is answered instead, one by one, before that."""

    daemon_threads = True

    def __init__(self):
        self.taken, self.answers, self.states = [], [], {}
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def say(self, code, what):
        body = json.dumps(what).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def is_known(self):
        token = self.headers["Authorization"].split()[1]
        return jwt.decode(token, KEY[-36:], algorithms=["HS256"])["iss"] == KEY[-73:-37]

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.is_known()
        answer = self.server.answers.pop(0) if self.server.answers else 201
        if answer in (429, 400, 403, 500):
            self.say(answer, {"status_code": answer, "errors": [{"error": "BadRequestError", "message": "Not today"}]})
            return
        number = str(uuid4())
        content = base64.b64decode(asked["content"]) if "content" in asked else None
        self.server.taken.append(asked | {"id": number, "kind": self.path.rsplit("/", 1)[1], "file": content})
        if answer == "break":
            self.close_connection = True
            self.connection.close()
            return
        if answer == "500 after taking":
            self.say(500, {"status_code": 500, "errors": [{"error": "Exception", "message": "Internal server error"}]})
            return
        self.say(201, {"id": number, "reference": asked.get("reference"), "content": {"body": "..."}})

    def do_GET(self):
        assert self.is_known()
        if self.server.answers and self.server.answers[0] == "silence":
            self.say(500, {"status_code": 500, "errors": []})
            return
        path, _, query = self.path.partition("?")
        if path == "/v2/notifications":
            wanted = query.partition("reference=")[2].replace("%40", "@")
            rows = [one for one in self.server.taken if one["reference"] == wanted]
            self.say(200, {"notifications": [self.described(one["id"]) for one in rows], "links": {}})
            return
        self.say(200, self.described(path.rsplit("/", 1)[1]))

    def described(self, number):
        return {"id": number, "status": self.server.states.get(number, "sending"), "type": "sms"}
