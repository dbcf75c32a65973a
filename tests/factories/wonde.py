"""A server of the tests' own that speaks the shapes Wonde documents, and breaks in the ways lines break."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = "the-offices-token"
SCHOOL = "A1234567890"


def day(text):
    """Give a date as Wonde wraps it."""
    return {"date": f"{text} 00:00:00.000000", "timezone_type": 3, "timezone": "UTC"}


def contact(pk, forename, surname, *, relationship="Mother", mobile=None, email=None, **more):
    """Give a contact as it stands within a student."""
    return {
        "id": pk, "upi": f"u{pk}", "mis_id": None, "title": "Mrs", "initials": None, "surname": surname,
        "forename": forename, "middle_names": None, "gender": None, "date_of_birth": None,
        "relationship": {
            "bill_payer": None, "lives_with_pupil": True, "relationship": relationship, "parental_responsibility": True,
            "priority": 1,
        },
        "contact_details": {
            "data": {
                "phones": {"phone": mobile, "primary": mobile, "home": None, "work": None, "mobile": mobile},
                "emails": {"email": email, "primary": None, "home": None, "work": None},
                "addresses": {
                    "home": {
                        "house_number": "12", "house_name": None, "apartment": None, "street": "Mill Lane", "district": None,
                        "town": "Bakewell", "county": None, "country": None, "postcode": "DE45 1ZZ",
                    }
                },
            }
        },
    } | more  # fmt: skip


def student(pk, upn, forename, surname, *, born="2013-03-04", year="9", mis_id=None, contacts=(), **more):
    """Give a student as Wonde lists one with its includes."""
    return {
        "id": pk, "upi": f"u{pk}", "mis_id": mis_id, "initials": None, "title": None, "surname": surname,
        "forename": forename, "middle_names": None, "legal_surname": surname, "legal_forename": forename, "gender": "MALE",
        "gender_identity": None, "date_of_birth": day(born), "created_at": day("2025-09-01"), "updated_at": day("2026-11-20"),
        "education_details": {"data": {"upn": upn, "admission_date": day("2025-09-03"), "admission_number": mis_id}},
        "year": {"data": {"name": year}}, "contacts": {"data": list(contacts)},
    } | more  # fmt: skip


CODES = [{"id": f"C{ord(letter):03d}", "code": letter} for letter in "/\\LNIMOU"]


class WondeServer:
    """Wonde on 127.0.0.1. `faults` are taken by the next requests, in order; None answers as usual."""

    def __init__(self, per_page=2):
        self.students, self.marks, self.codes = [], [], list(CODES)
        self.per_page = per_page
        self.asked, self.registers, self.faults = [], [], []
        self.begun, self.lock = threading.Event(), threading.Lock()
        office = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_args):
                pass

            def do_GET(self):
                office.answer(self, "GET")

            def do_POST(self):
                office.answer(self, "POST")

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1.0/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def sent(self):
        """Give every mark that arrived, in order."""
        return [mark for register in self.registers for mark in register]

    def answer(self, line, method):
        place = urlsplit(line.path)
        length = int(line.headers.get("Content-Length") or 0)
        body = json.loads(line.rfile.read(length)) if length else None
        with self.lock:
            self.asked.append((method, place.path, {key: one[0] for key, one in parse_qs(place.query).items()}))
            fault = self.faults.pop(0) if self.faults else None
        if line.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._say(line, 401, {"error": "unauthorized"})
        if fault is not None and not self._break(line, fault, body):
            return None
        if method == "POST":
            return self._take(line, place.path, body)
        return self._list(line, place)

    def _break(self, line, fault, body):
        """Break as told; True where the request is to be answered all the same."""
        if isinstance(fault, tuple):
            status, head, said = fault
            self._say(line, status, said, head)
            return False
        if fault == "cut":
            line.send_response(200)
            line.send_header("Content-Length", "5000")
            line.end_headers()
            line.wfile.write(b'{"data": [')
            line.wfile.flush()
        elif fault in {"hang", "take and hang"}:
            if fault == "take and hang":
                self.registers.append(body["attendance"])
            self.begun.set()
            time.sleep(60)
        elif fault == "rubbish":
            self._raw(line, 200, b"<html>Please sign in</html>")
            return False
        line.close_connection = True
        line.connection.close()
        return False

    def _list(self, line, place):
        lists = {
            f"/v1.0/schools/{SCHOOL}/students/": self.students,
            f"/v1.0/schools/{SCHOOL}/attendance/session/": self.marks,
            "/v1.0/attendance-codes/": self.codes,
        }
        if place.path not in lists:
            return self._say(line, 404, {"error": "not found"})
        asked = {key: one[0] for key, one in parse_qs(place.query).items()}
        found = lists[place.path]
        since = asked.get("updated_after")
        if since:
            found = [one for one in found if one.get("updated_at", day("2100-01-01"))["date"][:19] > since]
        number = int(asked.get("page", "1"))
        shown = found[(number - 1) * self.per_page : number * self.per_page]
        more = number * self.per_page < len(found)
        following = f"{self.url.removesuffix('/v1.0/')}{place.path}?page={number + 1}"
        if since:
            following += f"&updated_after={since.replace(' ', '%20')}"
        meta = {
            "next": following if more else None, "previous": None, "more": more, "per_page": self.per_page,
            "current_page": number,
        }  # fmt: skip
        return self._say(line, 200, {"data": shown, "meta": {"pagination": meta}})

    def _take(self, line, path, body):
        if path != f"/v1.0/schools/{SCHOOL}/attendance/session/":
            return self._say(line, 404, {"error": "not found"})
        known = {one["id"] for one in self.students}
        for mark in body["attendance"]:
            if mark["student_id"] not in known or mark["attendance_code_id"] not in {one["id"] for one in self.codes}:
                return self._say(line, 422, {"student_id": ["is not known"]})
        with self.lock:
            self.registers.append(body["attendance"])
            number = f"W{len(self.registers):05d}"
        return self._say(line, 200, {"writeback_id": number})

    def _say(self, line, status, said, head=None):
        self._raw(line, status, json.dumps(said).encode(), head)

    def _raw(self, line, status, content, head=None):
        line.send_response(status)
        for key, value in (head or {}).items():
            line.send_header(key, value)
        line.send_header("Content-Type", "application/json")
        line.send_header("Content-Length", str(len(content)))
        line.end_headers()
        line.wfile.write(content)
