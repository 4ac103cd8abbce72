// SPDX-License-Identifier: Apache-2.0
// node's tls: `server NAME=VALUE...` sends back what it gets from `count` connections, `client NAME=VALUE...` makes one
// connection for each of `suites`, one after the other, and counts what comes back. A value may have commas where there is a list.
'use strict';
const fs = require('fs');
const tls = require('tls');

const role = process.argv[2];
const o = Object.fromEntries(process.argv.slice(3).map((word) => {
  const at = word.indexOf('=');
  return [word.slice(0, at), word.slice(at + 1)];
}));
const common = {ca: fs.readFileSync(o.ca), maxVersion: 'TLSv1.2', allowHalfOpen: true};
if (o.alpn) common.ALPNProtocols = o.alpn.split(',');
if (o.cert) Object.assign(common, {cert: fs.readFileSync(o.cert), key: fs.readFileSync(o.key)});

function serve() {
  let left = Number(o.count || 1);
  const ended = () => {
    if (--left === 0) server.close();
  };
  const server = tls.createServer({...common, ciphers: o.suites, requestCert: Boolean(o.ask)}, (s) => {
    const shown = o.ask ? s.getPeerCertificate().subject.CN : '';
    console.log(`${s.getCipher().name} ${s.authorized} ${shown} ${s.alpnProtocol} ${s.servername}`);
    s.setNoDelay(true);
    // A record back for each that comes: what is written before the last write is out is joined by node.
    s.on('data', (data) => {
      s.pause();
      s.write(data, () => s.resume());
    });
    s.on('end', () => s.end());
    s.on('error', (error) => console.log(`error ${error.code}`));
    s.on('close', ended);
  });
  server.on('tlsClientError', (error) => {
    console.log(`refused ${error.code}`);
    ended();
  });
  server.listen(4433, () => console.log('listening'));
}

// Resolves with the session that the connection leaves.
function ask(suite, session) {
  return new Promise((resolve) => {
    const size = Number(o.size);
    const piece = Number(o.piece);
    let got = 0;
    let sent = 0;
    let left = session;
    const s = tls.connect({...common, host: o.host, port: 4433, servername: o.name, ciphers: suite, session}, () => {
      s.setNoDelay(true);
      if (size === 0) console.log('established');
      const more = () => {
        if (sent < size) {
          sent += piece;
          s.write('x'.repeat(piece), more);  // one record each: node joins what is written before the last write is out
        } else if (o.half) {
          s.end();
        }
      };
      more();
    });
    const report = (words) => {
      console.log(words);
      resolve(left);
    };
    s.on('session', (made) => {
      left = made;
    });
    s.on('data', (data) => {
      got += data.length;
      if (got >= size && !o.half) s.end();
    });
    s.on('end', () => {
      report(`${s.getCipher() && s.getCipher().name} got ${got} ${s.authorized} ${s.alpnProtocol}`);
      s.end();
    });
    s.on('error', (error) => report(`error ${error.code}`));
  });
}

async function main() {
  if (role === 'server') return serve();
  let session;
  for (const suite of o.suites.split(':')) {
    const made = await ask(suite, session);
    if (o.again) session = made;
  }
  return undefined;
}

main();
