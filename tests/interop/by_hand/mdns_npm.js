// SPDX-License-Identifier: Apache-2.0
// The other side of mdns_npm.py: bonjour-service publishes and browses, multicast-dns asks for garden.local and defends
// taken.local. argv: the address of its interface.
const {Bonjour} = require('bonjour-service');
const multicastDns = require('multicast-dns');

// Bound to the interface's address, as they do by themselves, Linux gives them nothing that was sent to the group.
const options = {interface: process.argv[2], bind: '0.0.0.0'};
const bonjour = new Bonjour(options, error => console.log('error ' + error.message));
bonjour.publish({name: 'node site', type: 'ipp', port: 631, txt: {rp: 'queue'}, host: 'node.local'})
  .on('up', () => console.log('published'));
bonjour.find({type: 'http'})
  .on('up', service => console.log(`up ${service.name} ${service.host}:${service.port} ${JSON.stringify(service.txt)}`))
  .on('down', service => console.log('down ' + service.name));

const plain = multicastDns(options);
plain.on('response', response => {
  for (const answer of response.answers)
    if (answer.type === 'A' && answer.name.startsWith('garden')) console.log(`a ${answer.name} ${answer.data} ${answer.ttl}`);
});
plain.on('query', query => {
  if (query.questions.some(question => question.name === 'taken.local'))
    plain.respond([{name: 'taken.local', type: 'A', ttl: 120, flush: true, data: options.interface}]);
});
setInterval(() => plain.query({questions: [{name: 'garden.local', type: 'A'}]}), 1000);
process.on('SIGTERM', () => bonjour.unpublishAll(() => process.exit(0)));
