#!/usr/bin/env python3
"""Makes a container in the Azurite at its default port. usage: azure_container.py NAME"""

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


def make(name):
    date = formatdate(usegmt=True)
    headers = f"x-ms-date:{date}\nx-ms-version:{VERSION}\n"
    resource = f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    text = "PUT" + "\n" * 12 + headers + resource
    mac = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256)
    request = urllib.request.Request(
        f"http://127.0.0.1:10000/{ACCOUNT}/{name}?restype=container",
        method="PUT",
        headers={
            "x-ms-date": date,
            "x-ms-version": VERSION,
            "Content-Length": "0",
            "Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(mac.digest()).decode()}",
        },
    )
    urllib.request.urlopen(request).close()


try:
    make(sys.argv[1])
except urllib.error.HTTPError as error:
    # It is there already.
    sys.exit(0 if error.code == 409 else f"Azurite answers {error.code}")
