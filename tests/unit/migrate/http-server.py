#!/usr/bin/env python3
"""http-server.py PORT_FILE LOG [CERTIFICATE]: answers one kind of request per path, and writes down what it was asked."""
import http.server
import json
import os
import ssl
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    def handle_request(self):
        length = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(length).decode()
        with open(sys.argv[2], 'a', encoding='utf-8') as log:
            log.write(json.dumps({'method': self.command, 'path': self.path, 'body': body,
                                  'headers': {name.lower(): value for name, value in self.headers.items()}}) + '\n')
        if self.path.startswith('/slow'):
            time.sleep(30)
        status = 503 if self.path.startswith('/busy') else 302 if self.path.startswith('/moved') else 200
        self.send_response(status)
        if status == 302:
            self.send_header('Location', '/ok')
        self.end_headers()
        try:
            self.wfile.write(b'come back\nlater' if status == 503 else b'x' * 3000000 if 'flood' in self.path else b'ok')
        except OSError:
            pass

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
server.daemon_threads = True
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(sys.argv[1] + '.new', 'w', encoding='utf-8') as port:
    port.write(str(server.server_address[1]))
os.rename(sys.argv[1] + '.new', sys.argv[1])
server.serve_forever()
