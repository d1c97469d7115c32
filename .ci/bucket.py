#!/usr/bin/env python3
"""Makes a bucket in a server for tests. usage: bucket.py s3|azure URL NAME"""

import base64
import hashlib
import hmac
import sys
import urllib.error
import urllib.request
from email.utils import formatdate

# The emulator's account, the same on every machine.
ACCOUNT = "devstoreaccount1"
KEY = "".join(["Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsu", "Fq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="])
VERSION = "2021-12-02"


def put(url, headers):
    request = urllib.request.Request(url, method="PUT", headers={**headers, "Content-Length": "0"})
    urllib.request.urlopen(request, timeout=30).close()


def make_in_azure(server, name):
    date = formatdate(usegmt=True)
    headers = f"x-ms-date:{date}\nx-ms-version:{VERSION}\n"
    resource = f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    text = "PUT" + "\n" * 12 + headers + resource
    mac = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256)
    signature = base64.b64encode(mac.digest()).decode()
    put(
        f"{server}/{ACCOUNT}/{name}?restype=container",
        {
            "x-ms-date": date,
            "x-ms-version": VERSION,
            "Authorization": f"SharedKey {ACCOUNT}:{signature}",
        },
    )


kind, server, name = sys.argv[1:]
try:
    if kind == "s3":
        put(f"{server}/{name}", {})
    else:
        make_in_azure(server, name)
except urllib.error.HTTPError as error:
    # It is there already.
    sys.exit(0 if error.code == 409 else f"{kind} answers {error.code}")
except OSError as error:
    sys.exit(f"{kind} does not answer: {error}")
