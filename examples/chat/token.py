#!/usr/bin/env python3
"""A token for the chat, good for an hour: CHAT_TOKEN_SECRET=… python3 examples/chat/token.py NAME [SECONDS]"""

import base64, hashlib, hmac, json, os, sys, time


def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


if len(sys.argv) < 2 or "CHAT_TOKEN_SECRET" not in os.environ:
    sys.exit(__doc__)
expiry = int(time.time()) + int(([*sys.argv, "3600"][2]))
claims = {"sub": sys.argv[1], "aud": "chat", "exp": expiry}
signed = b".".join(part(json.dumps(of).encode()) for of in ({"alg": "HS256", "typ": "JWT"}, claims))
signature = hmac.digest(os.environ["CHAT_TOKEN_SECRET"].encode(), signed, hashlib.sha256)
print((signed + b"." + part(signature)).decode())
