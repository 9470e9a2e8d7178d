// Sends the known mixture (../README.md) with hot-shots, unchanged and with its default settings, and ends.
//
// usage: main.js TRANSPORT ADDRESS PREFIX SECONDS [aggregated]
//
// The check's message has one line: hot-shots escapes no line ends there.
'use strict';
const net = require('net');
const StatsD = require('hot-shots');

const [transport, address, prefix, seconds, mode] = process.argv.slice(2);
const tags = ['region:eu', 'stadt:köln'];

const options = { errorHandler: (error) => { console.error(error); process.exit(1); } };
if (transport === 'unixgram') {
  Object.assign(options, { protocol: 'uds', path: address });
} else if (transport === 'unixstream') {
  Object.assign(options, { protocol: 'stream', stream: net.createConnection(address) });
} else {
  const [host, port] = address.split(':');
  Object.assign(options, { protocol: transport, host, port: Number(port) });
}
if (mode === 'aggregated') options.aggregation = true;
const client = new StatsD(options);

let rounds = 0;
let gauge = 0;

function round() {
  for (let i = 0; i < 10; ++i) {
    client.increment(`${prefix}.requests`, 1, tags);
    client.increment(`${prefix}.sampled`, 1, 0.5, tags);
  }
  client.increment(`${prefix}.bytes`, 250, tags);
  gauge = rounds + 0.5;
  client.gauge(`${prefix}.depth`, gauge, tags);
  for (let i = 1; i <= 5; ++i) {
    client.timing(`${prefix}.latency`, i, tags);
    client.histogram(`${prefix}.size`, i * 10, tags);
    client.distribution(`${prefix}.cost`, i * 100, tags);
  }
  client.set(`${prefix}.users`, `user-${rounds % 20}`, tags);
  ++rounds;
}

function finish() {
  const kinds = ['counter', 'sampled', 'gauge', 'timer', 'histogram', 'distribution', 'set', 'event', 'check'];
  client.event(`${prefix} größer | zweimal`, 'line one\nline two', { alert_type: 'warning' }, tags);
  client.check(`${prefix}.up`, client.CHECKS.WARNING, { message: 'slow: größer' }, tags);
  client.close(() => console.log(JSON.stringify({ rounds, last_gauge: gauge, kinds })));
}

const end = Date.now() + 1000 * Number(seconds);
const timer = setInterval(() => {
  if (Date.now() < end) return round();
  clearInterval(timer);
  finish();
}, 10);
