"""A mail server for the tests: aiosmtpd, with what mail servers do to senders.

server.py FOLDER PORT TLS [CERTIFICATE KEY]   prints the port when it listens
  TLS    none, starttls, tls, broken: STARTTLS is offered and refused, or injected: somebody on the
         way adds an answer in clear to that to STARTTLS
Recipients: refused… is answered 550, busy… 451, slow… after 300 ms. With TLS it wants ada:secret.
Each mail is a file N.eml in FOLDER, its recipients in N.to; every line of a client is in FOLDER/lines.
"""

import asyncio
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder, port, tls, *certificate = sys.argv[1:]
count = 0


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused"):
            return "550 5.1.1 there is no such mailbox"
        if address.startswith("busy"):
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        global count
        if any(address.startswith("slow") for address in envelope.rcpt_tos):
            await asyncio.sleep(0.3)
        count += 1
        name = os.path.join(folder, f"{os.getpid()}-{count}")
        with open(name + ".to", "w") as file:
            file.write("\n".join(envelope.rcpt_tos))
        with open(name + ".part", "wb") as file:
            file.write(envelope.content)
        os.rename(name + ".part", name + ".eml")
        return "250 kept"


class Server(SMTP):

    async def smtp_STARTTLS(self, argument):
        if tls == "broken":
            return await self.push("454 TLS is not available")
        return await super().smtp_STARTTLS(argument)

    async def push(self, status):
        if tls == "injected" and isinstance(status, str) and status.startswith("220 Ready"):
            status += "\r\n250-localhost\r\n250 AUTH PLAIN LOGIN"
        await super().push(status)

    async def smtp_EHLO(self, hostname):
        with open(os.path.join(folder, "lines"), "a") as file:
            file.write("EHLO\n")
        await super().smtp_EHLO(hostname)

    async def smtp_AUTH(self, argument):
        with open(os.path.join(folder, "lines"), "a") as file:
            file.write("AUTH\n")
        await super().smtp_AUTH(argument)

    async def smtp_MAIL(self, argument):
        with open(os.path.join(folder, "lines"), "a") as file:
            file.write("MAIL\n")
        await super().smtp_MAIL(argument)


def enter(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"ada", b"secret"), handled=False)


async def main():
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    has_starttls = tls in ("starttls", "broken", "injected")
    options = {
        "enable_SMTPUTF8": True,
        "hostname": "localhost",
        "tls_context": context if has_starttls else None,
        "require_starttls": tls == "starttls",
        "authenticator": enter,
        "auth_required": tls in ("starttls", "tls"),
        "auth_require_tls": has_starttls,
    }
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Server(Handler(), loop=loop, **options),
        "127.0.0.1",
        int(port),
        ssl=context if tls == "tls" else None,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    # It ends with the test that started it.
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
